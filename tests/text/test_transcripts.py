"""Transcripts: who speaks is kept beside what is said, and is no word of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from clif_core.text.readers import TextOptions, look
from tests.text.test_own_texts import SENTENCES, both, said, write

WHO = ["Jane Doe", "Bob (he/him)", "Bob (he/him)", "Jane Doe"]
CUE = "{i}\n00:00:0{i}.000 --> 00:00:0{i}.900\n"
FORMS = {
    "Zoom": ("WEBVTT\n\n", CUE + "{who}: {text}\n\n"),
    "Zoom, CRLF": ("\ufeffWEBVTT\r\n\r\n", (CUE + "{who}: {text}\n\n").replace("\n", "\r\n")),
    "SubRip": ("", CUE.replace(".", ",") + "{who}: {text}\n\n"),
    "Teams": ("WEBVTT\n\n", "id-{i}/9\n" + CUE[4:] + "<v {who}>{text}</v>\n\n"),
    "voices of classes": ("WEBVTT\n\n", CUE + "<v.loud {who}>{text}\n\n"),
    "Teams, from Word": ("", "0:0:{i}.0 --> 0:0:{i}.840\n{who}\n{text}\n\n"),
    "Otter": ("", "{who}  0:0{i}  \n{text}\n\n"),
    "Teams, new": ("", "{who}   0:0{i}\n{text}\n"),
    "Rev": ("", "{who} (00:00:0{i}):\n{text}\n\n"),
    "captions of Zoom": ("", "[{who}] 10:00:0{i}\n{text}\n\n"),
}


@pytest.mark.parametrize(("head", "part"), FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("name", ["a.vtt", "a.txt"])
def test_who_speaks_is_beside_the_text(tmp_path: Path, name: str, head: str, part: str) -> None:
    said_by = zip(WHO, SENTENCES, strict=True)
    parts = (part.format(i=i, who=who, text=s) for i, (who, s) in enumerate(said_by, 1))
    found, corpus = both(write(tmp_path / name, head + "".join(parts)))
    rows = corpus.documents[["speaker", "text"]].to_numpy().tolist()
    assert rows == [
        ["Jane Doe", SENTENCES[0]],
        ["Bob (he/him)", f"{SENTENCES[1]}\n{SENTENCES[2]}"],
        ["Jane Doe", SENTENCES[3]],
    ]
    assert corpus.documents["time"][1].rstrip("0.,").endswith("2")
    assert not {"jane", "bob", "him", "v"} & set(corpus.words) and corpus.n_sentences == 4
    assert "turns of a transcript" in said(found) and "speaker, time" in said(found)


LINES = {
    "times in front": "00:00:0{i} {who}: {text}\n",
    "in brackets": "[00:0{i}] {who}: {text}\n\n",
    "in round ones": "(00:0{i}.5) - {who}: {text}\n",
    "behind the name": "{who} [00:00:0{i}]: {text}\n",
    "behind its colon": "{who}: (00:0{i}) {text}\n",
    "full width": "00:00:0{i} {who}：{text}\n",
    "from and to": "{who} (00:00:0{i} - 00:00:0{i})\n{text}\n\n",
}


@pytest.mark.parametrize("part", LINES.values(), ids=LINES)
def test_times_and_names_on_one_line(tmp_path: Path, part: str) -> None:
    turns = zip(WHO, SENTENCES, strict=True)
    content = "".join(part.format(i=i, who=who, text=s) for i, (who, s) in enumerate(turns, 1))
    content = content.replace(SENTENCES[3], f"{SENTENCES[3]}\nand it goes on: so.")
    found, corpus = both(write(tmp_path / "a.txt", content))
    assert corpus.documents["speaker"].tolist() == ["Jane Doe", "Bob (he/him)", "Jane Doe"]
    assert corpus.documents["text"].tolist() == [
        SENTENCES[0],
        f"{SENTENCES[1]}\n{SENTENCES[2]}",
        f"{SENTENCES[3]}\nand it goes on: so.",
    ]
    assert "turns of a transcript" in said(found) and "jane" not in corpus.words


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_an_interview_without_times(tmp_path: Path, gap: str) -> None:
    who = ["Interviewer", "P1", "Interviewer", "P2", "P1", "P2", "P1", "Interviewer", "P2"]
    turns = [f"{w}: {s}" for w, s in zip(who, SENTENCES * 3, strict=False)]
    _, corpus = both(write(tmp_path / "a.txt", f"Interview 1{gap}{gap.join(turns)}"))
    assert corpus.documents["speaker"].tolist() == ["", *who]
    assert corpus.documents["text"].tolist() == ["Interview 1", *(SENTENCES * 3)[: len(who)]]
    assert "time" not in corpus.documents and "interviewer" not in corpus.words


def test_fields_of_a_table_of_one_column_are_no_people(tmp_path: Path) -> None:
    rows = "".join(f"Pros: {s}\nCons: {s}\n" for s in SENTENCES * 3)
    found, _ = both(write(tmp_path / "a.csv", f"Review\n{rows}"))
    assert "one column" in said(found)


CAPTIONS = {
    "Whisper": "[00:0{i}.000 --> 00:0{i}.900]  {text}\n",
    "a time each": "[00:00:0{i}] {text}\n",
    "YouTube": "0:0{i}\n{text}\n",
}


@pytest.mark.parametrize("part", CAPTIONS.values(), ids=CAPTIONS)
def test_times_alone_are_no_text(tmp_path: Path, part: str) -> None:
    texts = (SENTENCES * 2)[:6]
    content = "".join(part.format(i=i, text=s) for i, s in enumerate(texts))
    found, corpus = both(write(tmp_path / "a.txt", content))
    assert corpus.documents["text"].tolist() == ["\n".join(texts)]
    assert "a.txt: subtitles." in said(found)


@pytest.mark.parametrize(
    "content",
    [
        "".join(f"Title: A {i}\nAuthor: Ann\nPlot: {s}\n\n" for i, s in enumerate(SENTENCES * 3)),
        "".join(f"1:{i} {s}\n" for i, s in enumerate(SENTENCES * 5, 1)),
        "".join(f"note: {s}\ntip: {s}\n" for s in SENTENCES * 3),
    ],
    ids=["records", "verses", "small letters"],
)
def test_colons_and_times_of_other_texts_stay(tmp_path: Path, content: str) -> None:
    assert "plain text" in said(both(write(tmp_path / "a.txt", content))[0])


def test_a_sentence_goes_on_in_the_next_cue(tmp_path: Path) -> None:
    parts = ["Ann: We went to the", "Ann: old harbour.", "Ben: Why?", "Ann: Note: it was late."]
    content = "WEBVTT\n\n" + "".join(f"{CUE.format(i=i)}{p}\n\n" for i, p in enumerate(parts))
    _, corpus = both(write(tmp_path / "a.vtt", content))
    assert corpus.documents["text"].tolist() == [
        "We went to the\nold harbour.", "Why?", "Note: it was late.",
    ]  # fmt: skip
    assert corpus.n_sentences == 3


def test_a_voice_may_change_within_a_cue_and_go_on_in_one_without(tmp_path: Path) -> None:
    cues = ["<v Ann>One.</v> <v Ben>Two &amp; three.</v>", "Four.", "<v A&amp;B>Five.\nSix."]
    content = "WEBVTT\n\n" + "".join(f"{CUE.format(i=i)}{c}\n\n" for i, c in enumerate(cues))
    _, corpus = both(write(tmp_path / "a.vtt", content))
    assert corpus.documents["speaker"].tolist() == ["Ann", "Ben", "A&B"]
    assert corpus.documents["text"].tolist() == ["One.", "Two & three.\nFour.", "Five.\nSix."]


@pytest.mark.parametrize(
    "lines",
    [
        ["One thing: we go.", "And then?", "Yes.", "One thing: no."],
        ["A: one.", "B: two.", "C: three.", "D: four."],
        ["No.\nNever.", "No.\nNot so.", "No.\nI say.", "No.\nGo."],
    ],
    ids=["some colons", "no name again", "two lines each"],
)
def test_subtitles_without_clear_names_are_read_as_they_are(
    tmp_path: Path, lines: list[str]
) -> None:
    content = "WEBVTT\n\n" + "".join(f"{CUE.format(i=i)}{c}\n\n" for i, c in enumerate(lines))
    found, corpus = both(write(tmp_path / "a.vtt", content))
    assert corpus.documents["text"].tolist() == ["\n".join(lines)]
    assert "a.vtt: subtitles." in said(found)


@pytest.mark.parametrize(
    "content",
    [
        "".join(f"Song {i % 2}  3:0{i}\n" for i in range(9)),
        "Trains (10:00)\n" + "\n".join(SENTENCES),
        "".join(f"Part {i} (0:0{i})\n{s}\n\n" for i, s in enumerate(SENTENCES)),
    ],
    ids=["songs", "one heading", "no name again"],
)
def test_times_behind_words_do_not_make_a_transcript(tmp_path: Path, content: str) -> None:
    assert "plain text" in said(both(write(tmp_path / "a.txt", content))[0])


def test_a_line_of_otter_is_no_text(tmp_path: Path) -> None:
    parts = "".join(f"Ann  0:0{i}  \n{s}\n\n" for i, s in enumerate(SENTENCES))
    _, corpus = both(write(tmp_path / "a.txt", f"{parts}Transcribed by https://otter.ai\n"))
    assert corpus.documents["text"].tolist() == ["\n".join(SENTENCES)]


@pytest.mark.parametrize(
    "pattern",
    [
        "10:00:0{i}\t From {who} to Everyone:\n\t{text}\n",
        "10:00:0{i}\t From  {who} : {text}\n",
        "10:00:0{i} From {who} to Ann(Privately) : {text}\r\n",
    ],
    ids=["new", "old", "to one"],
)
def test_the_chat_of_a_meeting(tmp_path: Path, pattern: str) -> None:
    who = ["Ann Lee", "Ben"] * 2
    lines = [pattern.format(i=i, who=who[i], text=s) for i, s in enumerate(SENTENCES)]
    _, corpus = both(write(tmp_path / "meeting_saved_chat.txt", "".join(lines)))
    assert corpus.documents["author"].tolist() == who
    assert corpus.documents["text"].tolist() == SENTENCES
    assert corpus.documents["time"][3] == "10:00:03"


def test_a_folder_of_transcripts_and_subtitles(tmp_path: Path) -> None:
    """The first file has no names, the others are read all the same."""
    write(tmp_path / "a.vtt", f"WEBVTT\n\n{CUE.format(i=1)}{SENTENCES[0]}\n")
    cues = "".join(f"{CUE.format(i=i)}Ann: {s}\n\n" for i, s in enumerate(SENTENCES))
    write(tmp_path / "b.vtt", f"WEBVTT\n\n{cues}")
    _, corpus = both(tmp_path)
    assert corpus.documents["text"].tolist() == [SENTENCES[0], "\n".join(SENTENCES)]
    assert corpus.documents["speaker"].tolist() == ["", "Ann"]


def test_a_long_talk_of_one_is_previewed(tmp_path: Path) -> None:
    cues = (f"0{i // 3600}:{i // 60 % 60:02d}:{i % 60:02d}.000 --> 00:00:01.000\nAnn: {s}\n\n"
            for i, s in enumerate(SENTENCES * 4_000))  # fmt: skip
    path = write(tmp_path / "a.vtt", "WEBVTT\n\n" + "".join(cues))
    found = look(path)
    assert not found.is_whole and found.n_documents == 1
    assert found.documents[0].text.startswith(SENTENCES[0])


def test_a_person_may_say_that_it_is_subtitles(tmp_path: Path) -> None:
    cues = "".join(f"{CUE.format(i=i)}Ann: {s}\n\n" for i, s in enumerate(SENTENCES))
    found = look(write(tmp_path / "a.vtt", f"WEBVTT\n\n{cues}"), TextOptions(format="subtitles"))
    assert found.documents[0].text.startswith(f"Ann: {SENTENCES[0]}")


def test_blank_lines_of_a_transcript_take_no_quadratic_time() -> None:
    """1 MB of them, below a heading, took minutes."""
    parts = "".join(f"Ann  0:0{i}\n{s}\n\n" for i, s in enumerate(SENTENCES))
    found = look({"a.txt": (parts + " \n" * 400_000).encode()})
    assert found.documents[0].text == "\n".join(SENTENCES)
