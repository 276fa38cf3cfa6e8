"""`python -m chip_channel`."""

from chip_channel.cli import main

if __name__ == "__main__":
    main()
