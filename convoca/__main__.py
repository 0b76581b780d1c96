"""The command line: `convoca <command>` runs a management command of Convoca or Django."""

import os
import sys


def main(argv: list[str] | None = None) -> None:
    """Run the command in `argv`; hyphens in its name stand for underscores."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "convoca.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from convoca.environment import missing_for
    from convoca.worker.demo import environment as demo_environment

    arguments = ["convoca", *(sys.argv[1:] if argv is None else argv)]
    if len(arguments) > 1:
        arguments[1] = arguments[1].replace("-", "_") if arguments[1][0] != "-" else arguments[1]
    command = arguments[1] if len(arguments) > 1 else "help"
    if command == "demo":
        demo_environment.set_up(arguments[2:])
    if not {"-h", "--help"} & set(arguments) and (missing := missing_for(command)):
        sys.exit("\n".join(missing))
    try:
        execute_from_command_line(arguments)
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")
    except OperationalError as error:
        sys.exit(f"The database does not answer (CONVOCA_DATABASE_URL): {error}".strip())


if __name__ == "__main__":
    main()
