"""The data: messages of Django's user interface, read from the installed package.

Whole messages of 20 to 100 characters in twelve languages, without placeholders or markup.
"""

import gettext
import re
from pathlib import Path

LANGUAGES = ("cs", "de", "es", "fi", "fr", "it", "nl", "pl", "pt", "ru", "uk")
UNFIT = re.compile(r"[\x00-\x1f%{}<>|/_&`=]|^\W*$")


def messages():
    """Texts and their languages, in a fixed order."""
    found = {("en", english) for language in LANGUAGES for english in catalog(language)}
    for language in LANGUAGES:
        found |= {
            (language, text) for english, text in catalog(language).items() if text != english
        }
    rows = [(text, language) for language, text in sorted(found) if is_fit(text)]
    return [text for text, _ in rows], [language for _, language in rows]


def catalog(language):
    """English messages and their translations."""
    import django

    merged = {}
    for file in sorted(Path(django.__file__).parent.rglob(f"locale/{language}/LC_MESSAGES/*.mo")):
        with file.open("rb") as stream:
            merged |= gettext.GNUTranslations(stream)._catalog
    return {english: text for english, text in merged.items() if isinstance(english, str)}


def is_fit(text):
    """Whether a message is worth learning from."""
    return 20 <= len(text) <= 100 and not UNFIT.search(text)
