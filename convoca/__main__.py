"""The command line: `convoca <command>` runs a management command of Convoca or Django."""

import os
import sys


def main(argv: list[str] | None = None) -> None:
    """Run the command in `argv`; hyphens in its name stand for underscores."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "convoca.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from convoca.worker.demo import environment as demo_environment

    arguments = ["convoca", *(sys.argv[1:] if argv is None else argv)]
    if len(arguments) > 1:
        arguments[1] = arguments[1].replace("-", "_") if arguments[1][0] != "-" else arguments[1]
    if arguments[1:2] == ["demo"]:
        demo_environment.set_up(arguments[2:])
    try:
        execute_from_command_line(arguments)
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
