"""`python -m faasctl`."""

from faasctl.cli.main import main

if __name__ == "__main__":
    main()
