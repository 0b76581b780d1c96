"""The command line: `convoca <command>` runs a management command of Convoca or Django."""

import os
import sys
import traceback

EX_OK, EX_DATAERR, EX_TEMPFAIL = 0, 65, 75  # sysexits.h


def main(argv: list[str] | None = None) -> None:
    """Run the command in `argv`; hyphens in its name stand for underscores.

    Whatever goes wrong with `ingest`, the mail server is told to try again: the mail is not lost.
    """
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] != ["ingest"]:
        _run(arguments)
        return
    try:
        _run(arguments)
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        sys.exit(end.code if end.code in (None, EX_OK, EX_DATAERR) else EX_TEMPFAIL)
    except Exception:
        traceback.print_exc()
        sys.exit(EX_TEMPFAIL)


def _run(given: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "convoca.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from convoca.environment import missing_for
    from convoca.worker.demo import environment as demo_environment

    arguments = ["convoca", *given]
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
