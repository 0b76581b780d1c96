"""Everything Convoca says, it says in every language."""

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext, override

from convoca.worker.catalogues import compiling, keeping
from convoca.worker.catalogues.collecting import collect


def test_every_message_is_translated_and_nothing_else():
    assert keeping.complaints(settings.BASE_DIR) == []


PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext
_("one") ; ngettext("%(n)d egg", "%(n)d eggs", 2) ; pgettext("month", "May")
"""
TEMPLATE = """{% load i18n %}
  {% translate "two" %} {% translate "May" context "verb" %} {{ x|default:_("three") }}
    {% include "x.html" with title=_("four") %}
  {% blocktranslate trimmed count n=eggs %}
    {{ n }} hen, 100%
  {% plural %}
    {{ n }} hens, 100%
  {% endblocktranslate %}
"""


def package_saying(folder: Path, **files: str) -> Path:
    """Make a package of apps; `farm__html` is the template `page.html` of the app `farm`."""
    for name, text in files.items():
        app, kind = name.split("__")
        path = folder / "pkg" / app / ("templates/page.html" if kind == "html" else "words.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "pkg"


def test_python_and_templates_are_both_read(tmp_path: Path):
    package = package_saying(tmp_path, farm__py=PYTHON, farm__html=TEMPLATE)
    said = {(message.id, message.context) for message in collect(package)["farm"] if message.id}
    assert said == {
        ("one", None),
        (("%(n)d egg", "%(n)d eggs"), None),
        ("May", "month"),
        ("two", None),
        ("May", "verb"),
        ("three", None),
        ("four", None),
        (("%(n)s hen, 100%%", "%(n)s hens, 100%%"), None),
    }


def test_what_is_missing_is_named(tmp_path: Path):
    package = package_saying(tmp_path, farm__py='_("Hello %(name)s")')
    assert keeping.complaints(package) == [
        "farm/es: not in the catalogue (run `convoca messages`): 'Hello %(name)s'"
    ]
    keeping.update(package)
    assert keeping.complaints(package) == ["farm/es: not translated: 'Hello %(name)s'"]
    translate(package, "farm", "Hola")
    assert keeping.complaints(package) == ["farm/es: other placeholders or tags: 'Hello %(name)s'"]
    translate(package, "farm", "Hola %(name)s")
    assert keeping.complaints(package) == []
    package_saying(tmp_path, farm__py='_("Bye")')
    assert keeping.complaints(package) == [
        "farm/es: not in the catalogue (run `convoca messages`): 'Bye'",
        "farm/es: said nowhere any more: 'Hello %(name)s'",
    ]


def test_a_translation_moves_with_its_message(tmp_path: Path):
    package = package_saying(tmp_path, farm__py='_("Hello")')
    keeping.update(package)
    translate(package, "farm", "Hola")
    package_saying(tmp_path, farm__py="", shop__py='_("Hello")')
    keeping.update(package)
    assert keeping.complaints(package) == []
    assert [path.parts[-5] for path in compiling.find_all(package)] == ["shop"]


def test_two_apps_may_not_say_one_thing_in_two_ways(tmp_path: Path):
    package = package_saying(tmp_path, farm__py='_("Hello")', shop__py='_("Hello")')
    keeping.update(package)
    translate(package, "farm", "Hola")
    translate(package, "shop", "Buenas")
    assert keeping.complaints(package) == ["es: farm and shop translate it differently: 'Hello'"]


def test_writing_again_changes_nothing(tmp_path: Path):
    package = package_saying(tmp_path, farm__py=PYTHON, farm__html=TEMPLATE)
    keeping.update(package)
    before = po(package, "farm").read_bytes()
    keeping.update(package)
    assert po(package, "farm").read_bytes() == before


def test_a_catalogue_is_compiled_when_it_changed(tmp_path: Path):
    package = package_saying(tmp_path, farm__py='_("Hello")')
    keeping.update(package)
    assert compiling.compile_all(package) == [po(package, "farm")]
    assert compiling.compile_all(package) == []


def test_django_speaks_what_was_compiled():
    with override("es"):
        assert gettext("Skip to the content") == "Saltar al contenido"


def po(package: Path, app: str) -> Path:
    return package / app / "locale" / "es" / "LC_MESSAGES" / "django.po"


def translate(package: Path, app: str, string: str) -> None:
    """Give the only message of an app its translation."""
    head, _, _ = po(package, app).read_text().rpartition("msgstr")
    po(package, app).write_text(f'{head}msgstr "{string}"\n')
