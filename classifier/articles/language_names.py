"""Names and codes of languages, and which of them count as one since short texts do not tell them apart."""

from __future__ import annotations

import re

from classifier.articles.folding import name_key

# the code of ISO 639-1, the English name, and what else a language is called
KNOWN = """
en English eng; de German deu ger deutsch; fr French fra fre français; es Spanish spa español; it Italian ita
italiano; pt Portuguese por português; nl Dutch nld dut nederlands; pl Polish pol polski; ru Russian rus русский; uk
Ukrainian ukr; be Belarusian bel; bg Bulgarian bul; cs Czech ces cze; sk Slovak slk slo; sl Slovenian slv slovene; hr
Croatian hrv; sr Serbian srp; bs Bosnian bos; mk Macedonian mkd mac; sq Albanian sqi alb; el Greek ell gre; tr Turkish
tur; ro Romanian ron rum; hu Hungarian hun; fi Finnish fin; et Estonian est; lv Latvian lav; lt Lithuanian lit; sv
Swedish swe svenska; da Danish dan dansk; no Norwegian nor norsk; nb Bokmål nob; nn Nynorsk nno; is Icelandic isl ice;
ga Irish gle; cy Welsh cym wel; mt Maltese mlt; eu Basque eus baq; ca Catalan cat; gl Galician glg; ar Arabic ara; he
Hebrew heb iw; fa Persian fas per farsi; ur Urdu urd; hi Hindi hin; bn Bengali ben bangla; pa Punjabi pan; gu Gujarati
guj; mr Marathi mar; ta Tamil tam; te Telugu tel; kn Kannada kan; ml Malayalam mal; si Sinhala sin; ne Nepali nep; th
Thai tha; lo Lao lao; my Burmese mya bur; km Khmer khm; vi Vietnamese vie; id Indonesian ind; ms Malay msa may; jv
Javanese jav; tl Tagalog tgl filipino; zh Chinese zho chi cmn; ja Japanese jpn; ko Korean kor; ka Georgian kat geo; hy
Armenian hye arm; az Azerbaijani aze; kk Kazakh kaz; ky Kyrgyz kir; uz Uzbek uzb; tg Tajik tgk; mn Mongolian mon; am
Amharic amh; sw Swahili swa; ha Hausa hau; yo Yoruba yor; ig Igbo ibo; so Somali som; zu Zulu zul; xh Xhosa xho; af
Afrikaans afr; rw Kinyarwanda kin; ku Kurdish kur; ps Pashto pus; la Latin lat; eo Esperanto epo; lb Luxembourgish
ltz; mg Malagasy mlg; as Assamese asm; br Breton bre; fo Faroese fao; fy Frisian fry; gd Gaelic gla; ht Haitian hat;
ln Lingala lin; lg Ganda lug; om Oromo orm; or Odia ori; qu Quechua que; sa Sanskrit san; ug Uyghur uig; an Aragonese
arg; ba Bashkir bak; dz Dzongkha dzo; oc Occitan oci; se Sami sme; sn Shona sna; st Sotho sot; tk Turkmen tuk; tt
Tatar tat; vo Volapük vol; wa Walloon wln; nds Low-German; vec Venetian; lij Ligurian; ltg Latgalian; kab Kabyle; crh
Crimean-Tatar; ace Acehnese; bcl Bikol; nso Pedi; gom Konkani; hbo Ancient-Hebrew; grc Ancient-Greek; gug Guarani;
kik Kikuyu; ext Extremaduran
"""
ROWS = [row.split() for row in KNOWN.split(";")]
NAMES = {code: name for code, name, *_ in ROWS}
CODES = {name_key(word): row[0] for row in ROWS for word in row}
ALIKE = {  # language -> the one that it counts as
    "pcm": "en",
    "wuu": "zh",
    "yue": "zh",
    "nn": "no",
    "nb": "no",
    "bs": "hr",
    "sr": "hr",
    "ms": "id",
    "arz": "ar",
    "ary": "ar",
    "sdh": "ku",
    "uzs": "uz",
}


def language_code(value: object) -> str | None:
    """The ISO 639 code of a language that is named in a column, a card or a setting; None where none is named.

    Example:
        >>> [language_code(value) for value in ("en-US", "German", "FRA", "php", "-", None)]
        ['en', 'de', 'fr', None, None, None]
    """
    if value is False:  # what YAML makes of the code of Norwegian
        return "no"
    key = name_key(value) if isinstance(value, str) else ""
    return CODES.get(key) or CODES.get(re.split("[-_]", key)[0])


def language_name(code: str) -> str:
    """The English name of a language.

    Example:
        >>> language_name("pl"), language_name("xx")
        ('Polish', "'xx'")
    """
    return NAMES.get(code, f"'{code}'")


def counts_as(code: str) -> str:
    """The language that this one counts as; mostly itself.

    Example:
        >>> counts_as("nb"), counts_as("fr")
        ('no', 'fr')
    """
    return ALIKE.get(code, code)
