"""Time zones as people choose them."""

from django.utils.translation import override

from convoca.accounts import zones
from convoca.web.forms.fields import ZoneField


def test_zones_are_offered_by_city_in_the_readers_language():
    with override("es"):
        regions = dict(zones.choices())
        assert ("America/New_York", "Nueva York") in regions["América"]
        assert zones.city("Europe/London") == "Londres"
    with override("en"):
        assert ("America/New_York", "New York") in dict(zones.choices())["America"]
        assert zones.choices()[0] == ("UTC", "UTC")


def test_cities_stand_in_the_order_of_the_alphabet_without_accents():
    with override("es"):
        for region, places in zones.choices()[1:]:
            names = [zones.fold(city) for _zone, city in places]
            assert names == sorted(names), region


def test_every_offered_zone_is_one_and_no_path_is():
    names = [name for _region, places in zones.choices()[1:] for name, _city in places]
    assert all(map(zones.is_zone, names))
    assert len(names) == len(set(names)) > 400
    for wrong in ("", "../../etc/passwd", "europe/madrid", "localtime", "Europe/Atlantis"):
        assert not zones.is_zone(wrong)


def test_an_older_spelling_is_kept_when_it_is_chosen_already():
    field = ZoneField()
    field.offer("Asia/Calcutta")
    field.offer("Europe/Madrid")
    drawn = field.widget.render("zone", "Asia/Calcutta", {"id": "id_zone"})
    assert drawn.startswith(
        '<select id="id_zone" name="zone"><option value="Asia/Calcutta" selected>'
    )
    assert field.clean("Asia/Calcutta") == "Asia/Calcutta"
