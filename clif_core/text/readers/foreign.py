"""What is no text to read: files of other programs, each named with the step that helps."""

from __future__ import annotations

import re

from clif_core.errors import FormatError
from clif_core.storage.signatures import identify

__all__ = ["check_is_text", "find_marks"]

# The step that helps, by what ``identify`` says; others are no text at all.
_STEPS = {
    "a PDF": "Take its text out first, for example with 'pdftotext -layout FILE'",
    "a PostScript file": "Take its text out first, for example with 'ps2txt FILE'",
    "an RTF document": "Save it as plain text (.txt) in the program that wrote it",
    "an old Office document (.doc, .xls)": "Save it as plain text, or as CSV",
    "a pickle of Python, which is never opened": "Save the texts as JSONL",
    "an Arrow or Feather file": "Save the table as Parquet or CSV",
    "a stream of Arrow": "Save the table as Parquet or CSV",
    "an SQLite database": "Export the table as CSV",
    "a tar archive": "Unpack it and give the folder",
    "a 7z archive": "Unpack it and give the folder, or a zip of it",
    "a RAR archive": "Unpack it and give the folder, or a zip of it",
    "packed by zstd": "Unpack it with 'zstd -d FILE'",
    "packed by lz4": "Unpack it with 'lz4 -d FILE'",
    "packed by compress (.Z)": "Unpack it with 'uncompress FILE'",
    "packed by lzma": "Unpack it with 'unlzma FILE'",
    "an empty zip file": "Give one with files in it",
    "a file of R (.rds, .RData)": "Save its table as CSV in R, by readRDS or load, and write.csv",
    "a table of SPSS (.sav)": "Save it as CSV in SPSS, or by pandas: read_spss('FILE')",
    "a table of Stata (.dta)": "Save it as CSV in Stata, or by pandas: read_stata('FILE')",
    "a table of SAS (.sas7bdat)": "Save it as CSV in SAS, or by pandas: read_sas('FILE')",
    "an Avro file": "Save the table as Parquet or CSV",
    "an ORC file": "Save the table as Parquet or CSV",
    "a scanned book (DjVu)": "Take its text out first: 'djvutxt FILE'",
    "a WordPerfect document": "Save it as plain text (.txt)",
    "an e-book (.mobi, .azw)": "Convert it to plain text, for example with calibre's ebook-convert",
}
# Text of programs, whose marks would be read as words; a person may still say that it is plain.
_MARKED: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(?:#[^\n]*\n|\s)*1(?:-\d+)?(?:\t[^\t\n]*){9}\n"),
        "a CoNLL-U file, one word a line. Put the words of a sentence on one line:"
        ' awk \'!NF {print ""} /^[0-9]+\\t/ {printf "%s ", $2}\' FILE > NEW',
    ),
    (
        re.compile(r"# ?global\.columns *="),
        "a CoNLL-U Plus file, one word a line. Put the words of a sentence on one line, those of"
        " its column FORM: awk -F'\\t' '!NF {print \"\"} /^[0-9]+\\t/ {printf \"%s \", $2}'"
        " FILE > NEW",
    ),
    (
        re.compile(r"#FORMAT=WebAnno TSV"),
        "annotations of WebAnno or INCEpTION. Their sentences stand behind #Text=:"
        " grep '^#Text=' FILE | cut -c7- > NEW",
    ),
    (
        re.compile(r'File type = "ooTextFile"'),
        "a TextGrid of Praat. Turn it into a table there (Down to Table), save that, and give it",
    ),
    (
        re.compile(r"(?:[^\n]+\n- [^\n]*\d[^\n]*\n[ \t]*\n[^\n]*\n={10}\n\ufeff?){2}"),
        "clippings of a Kindle. Take the passages out:"
        " awk '/^==========/ {n = 0; next} ++n > 3' FILE > NEW",
    ),
    (
        re.compile(
            r"(?:(?:---|#)[^\n]*\n|\s)*+"
            r"(?:(?:- [\w-]+:(?: [^\n]*)?\n(?: {2,}[\w-]+:(?: [^\n]*)?\n)+){3}"
            r"|(?:version:[^\n]*\n\s*)?nlu:\s*\n- )"
        ),
        "YAML. Turn it into JSON: python -c 'import json, sys, yaml;"
        " json.dump(yaml.safe_load(sys.stdin), sys.stdout, default=str)' < FILE > NEW.json",
    ),
    (
        re.compile(r"#\+(?:TITLE|AUTHOR|DATE|STARTUP|OPTIONS|LANGUAGE):", re.I),
        "notes in Org mode. Take their text out, for example with 'pandoc -f org -t plain FILE'",
    ),
    (
        re.compile(r"= [^\n]+\n(?:[^\n:=][^\n]*\n)?(?::[\w-]+:[^\n]*\n)+"),
        "AsciiDoc. Turn it into HTML with 'asciidoctor FILE', and give that",
    ),
    (
        re.compile(r"(?sm)(?:.{0,5000}?^\.\. (?:[\w-]+::|_[^:\n]{1,200}:)){2}"),
        "reStructuredText. Take its text out, for example with 'pandoc -f rst -t plain FILE'",
    ),
    (
        re.compile(r"(?:<\?xml[^>]*>|<!--[^>]*-->|\s)*+<(?:\w+:)?PcGts\b"),
        "a page of OCR or handwriting (PAGE XML), which holds each line several times. Export it as"
        " plain text from the program that wrote it, such as Transkribus",
    ),
    (
        re.compile(r"\d{5}[acdnp][a-z][a-z #][^\n]{10,5000}?\x1e"),
        "a catalogue of a library (MARC). Export its fields as CSV, for example with MarcEdit",
    ),
    (
        re.compile(r"PMID- *\d+\s*\n[A-Z]{2,4} *- "),
        "a list of references of PubMed. Export it as CSV from a manager such as Zotero",
    ),
    (
        re.compile(r"FN [^\n]+\nVR \d"),
        "a list of references of Web of Science. Export it as a tab-delimited file, and give that",
    ),
    (
        re.compile(r"%0 [A-Z][^\n]*\n%[A-Z0-9@] "),
        "a list of references (EndNote). Export it as CSV from a manager such as Zotero",
    ),
    (
        re.compile(
            r"(?s).{0,2000}?\\(?:documentclass|begin\{document\})"
            r"|(?:.{0,2000}?\\(?:chapter|(?:sub)*section|label|cite[pt]?|ref|emph|text(?:it|bf)"
            r"|begin|end|footnote|caption)\*?\{){3}"
        ),
        "LaTeX. Take its text out, for example with 'pandoc -t plain FILE'",
    ),
    (
        re.compile(r"(?:\{\d+\}\{\d+\}[^\n]*\n){2}"),
        "subtitles of MicroDVD. Save them as SubRip (.srt)",
    ),
    (
        re.compile(r"(?:\[[a-z]{2,6}:[^\n\]]*\]\s*)*\[\d+:\d\d\.\d+\]"),
        "lyrics with times. Take them off: sed -E 's/\\[[^]]*\\]//g' FILE > NEW",
    ),
    (
        re.compile(r"(?:#[^\n]*\n|\s)*msgid \""),
        "a catalogue of translations (gettext). Take the texts out of it, one a line",
    ),
    (
        re.compile(r"(?:[+-]?\d+(?:\.\d+)?(?:[ \t]+\d+:[0-9.eE+-]+)+[ \t]*\n){3}"),
        "features of a classifier (svmlight), and no text",
    ),
    (
        re.compile(r"(?:[^\s\d]\S*[ \t]+\d+[ \t]*\n){20}|(?:\d+[ \t]+[^\s\d]\S*[ \t]*\n){20}"),
        "a list of words with their counts, and no text. Counts of a model go with its vectors",
    ),
    (
        re.compile(r"@UTF8\s*\n(?:@[^\n]*\n)*?@Begin\b"),
        "a transcript of CHILDES (CHAT). Take out what is said: grep '^\\*' FILE | cut -f2-"
        " | sed 's/\\x15[0-9_]*\\x15//' > NEW",
    ),
    (
        re.compile(r"(?:%[^\n]*\n|\s)*+@relation\b[^\n]*\n(?:%[^\n]*\n|\s)*+@attribute\b", re.I),
        "a table of Weka (ARFF). Save it as CSV in Weka, and give that",
    ),
    (
        re.compile(r"(?s)(?:<\?xml[^>]*>|<!DOCTYPE[^>]*>|\s)*+<(?:tmx|xliff)\b"),
        "a translation memory (TMX, XLIFF), which holds every sentence in several languages. Take"
        " one of them out; OPUS offers each language as plain text (Moses)",
    ),
    (
        re.compile(r'(?s)\[\s*\{.{0,1000}?"mapping"\s*:\s*\{\s*"[\w-]+"\s*:\s*\{'),
        "conversations of ChatGPT. Take their messages out, for example with jq -c '.[].mapping[]"
        '.message.content.parts? // empty | {text: (map(strings) | join("\\n"))}\' FILE >'
        " NEW.jsonl",
    ),
    (
        re.compile(r"(?s)(?!<)(?:.{0,5000}?\{\{[\w -]{1,60}\|[^{}]{0,500}\}\}){3}"),
        "a page in wiki markup. Take its text out, for example with 'pandoc -f mediawiki -t plain"
        " FILE'",
    ),
    (
        re.compile(r"(?:<\?xml[^>]*>|\s)*+<alto\b"),
        "a page of OCR (ALTO), whose words are attributes. Take them out, for example with"
        " grep -o 'CONTENT=\"[^\"]*' FILE | cut -c10- | tr '\\n' ' ' > NEW",
    ),
    (
        re.compile(r"(?:[^\n|]+ \|\|\| [^\n|]+\n){5}"),
        "sentences in two languages, parted by |||. Take one of them: sed 's/ |||.*//' FILE > NEW",
    ),
    (
        re.compile(
            r"(?:<\?[^>]*>|<!--[^>]*-->|\s)*+<(?:(?:\w+:)?FoLiA\b|xmi:XMI\b"
            r"|root>\s*<document>(?:\s*<docId>[^<]*</docId>)?\s*<sentences>)"
        ),
        "annotations of a program (CoreNLP, FoLiA, UIMA), which hold each word beside its lemma and"
        " tags, or in attributes. Export the text alone",
    ),
    (
        re.compile(r"(?s)<!DOCTYPE html>.{0,500}?<title>Exported Data</title>"),
        "messages of Telegram as a page, with names and times among them. Export them as JSON:"
        " 'Machine-readable JSON' in Telegram Desktop",
    ),
    (
        re.compile(r"\[Script Info\]"),
        "subtitles of SubStation Alpha. Save them as SubRip (.srt)",
    ),
    (re.compile(r"WARC/1\.\d"), "a web archive (WARC). Take the pages out, and give those"),
    (
        re.compile(r"From \S+ .{0,60}\d{4}\n(?:[\w-]+: )"),
        "a mailbox. Save the texts of its messages, one a file or as JSONL",
    ),
    (
        re.compile(r'(?s)\{\s*"(?:cells|nbformat)".{0,2000}"cell_type"'),
        "a notebook of Jupyter. Save it as Markdown: 'jupyter nbconvert --to markdown FILE'",
    ),
    (
        re.compile(r"(?:\S+(?:[_/][A-Z.,:$()'`-]{1,5}|/[a-z.,:$()'`*+-]{1,10})\s+){20}"),
        "a text whose words carry tags (The_DT dog_NN). Take them off, for example with"
        " sed -E 's:[_/][A-Za-z.,$-]+( |$):\\1:g' FILE",
    ),
    (
        re.compile(r"(?:\(\s*)?\((?:S|TOP|ROOT|SINV|SQ|SBARQ|FRAG|NP)\b[^\n()]*\s*\("),
        "parsed sentences in brackets (Penn Treebank). Take their words out, for example with"
        " sed -E 's/\\([^() ]+ //g; s/[()]//g' FILE > NEW",
    ),
    (
        re.compile(
            r"(?s)(?:(?:--[^\n]*|/\*.{0,2000}?\*/;?|SET [^\n]*|\s+)\s*)*+"
            r"(?:CREATE (?:TABLE|DATABASE)|INSERT INTO|DROP TABLE|PRAGMA |BEGIN TRANSACTION)\b"
        ),
        "a dump of a database (SQL). Export the table as CSV",
    ),
    (
        re.compile(r"(?:%[^\n]*\n|\s)*@[A-Za-z]{3,20}\s*\{[^\n,]{0,200},"),
        "a list of references (BibTeX). Export it as CSV from a manager such as Zotero or JabRef",
    ),
    (
        re.compile(r"TY  - [A-Z]{3,8}\s*\n[A-Z][A-Z0-9]  - "),
        "a list of references (RIS). Export it as CSV from a manager such as Zotero",
    ),
    (
        re.compile(r"BEGIN:V(?:CALENDAR|CARD)\s*\n"),
        "a calendar or an address book. Export its texts as CSV",
    ),
)
_LEAST_TAGGED = 20  # lines
_TAG_OF_WORD = re.compile(
    r"[A-Z][A-Z0-9$_:.|+-]{0,30}|[BILOUES]-\w{1,30}|[^\w\s]{1,4}"
)  # NN, B-person


def check_is_text(name: str, start: bytes) -> None:
    """Raise FormatError, which names the format and the next step, for what is no text."""
    if what := identify(start):
        raise FormatError(f"{name} is {what}. {_STEPS.get(what, 'Give a file of text')}.")
    if start[8:10] == b'{"' and start[3:8] == b"\0" * 5:
        raise FormatError(f"{name} holds vectors (safetensors), and no text.")


def find_marks(text: str) -> str:
    """What a text of a program is, and the next step; "" for none."""
    body = text.lstrip("\ufeff \t\r\n").replace("\r\n", "\n")
    if at := _word_column(body[:20_000].split("\n")[:-1]):
        return (
            "a text with one word a line and its tags. Put the words of a sentence on one line, for"
            ' example with awk \'/^<.?s[ >]/ || !NF {print ""} NF && !/^[<#]/ {printf "%s ",'
            f" ${at}}}' FILE > NEW"
        )
    return next((what for pattern, what in _MARKED if pattern.match(body)), "")


def _word_column(lines: list[str]) -> int:
    """In which column the words are of lines that are a word and its tags, from 1; 0: they are not.

    Taggers and CoNLL's tasks write such lines, some with the word's number before it.
    """
    rows = [row for line in lines if line[:1] != "<" and len(row := line.split()) > 1]
    n_columns = {len(row) for row in rows}
    if len(rows) < _LEAST_TAGGED or len(n_columns) > 2 or max(n_columns) > 14:
        return 0
    at = next((i for i in (1, -1) if all(_TAG_OF_WORD.fullmatch(row[i]) for row in rows)), None)
    if at is None or not any(row[at][0].isupper() for row in rows):
        return 0
    return 2 if all(row[0].isdecimal() for row in rows) else 1
