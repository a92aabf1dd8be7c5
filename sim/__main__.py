"""``python -m sim`` is the command ``openstakes``."""

from sim.cli.app import main

if __name__ == "__main__":
    main()
