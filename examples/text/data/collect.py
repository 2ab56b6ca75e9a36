"""Write messages.tsv: `uv run --no-project --with django==5.2.19 data/collect.py`.

The texts are messages of Django's user interface in twelve languages: whole ones of 20 to 100
characters, without placeholders or markup.
"""

import gettext
import re
from pathlib import Path

import django

LANGUAGES = ("cs", "de", "es", "fi", "fr", "it", "nl", "pl", "pt", "ru", "uk")
TARGET = Path(__file__).with_name("messages.tsv")
UNFIT = re.compile(r"[\x00-\x1f%{}<>|/_&`=]|^\W*$")


def catalog(language):
    """English messages and their translations."""
    messages = {}
    for file in sorted(Path(django.__file__).parent.rglob(f"locale/{language}/LC_MESSAGES/*.mo")):
        with file.open("rb") as stream:
            messages |= gettext.GNUTranslations(stream)._catalog
    return {english: text for english, text in messages.items() if isinstance(english, str)}


def fit(text):
    return 20 <= len(text) <= 100 and not UNFIT.search(text)


def main():
    found = {("en", english) for language in LANGUAGES for english in catalog(language)}
    for language in LANGUAGES:
        found |= {
            (language, text) for english, text in catalog(language).items() if text != english
        }
    lines = [f"{language}\t{text}\n" for language, text in sorted(found) if fit(text)]
    TARGET.write_text("".join(lines), "utf-8")
    print(f"{len(lines)} messages in {TARGET}")


if __name__ == "__main__":
    main()
