"""The training of a model on a visitor's own text: a job that goes on when the page is closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from clif_core.errors import ClifError
from clif_core.workspace.jobs import JobStatus
from clif_core.workspace.tasks.train import TRAIN, submit_training
from dashboard.data import models
from dashboard.data.places import take_place
from dashboard.data.running import running

__all__ = ["begin", "begin_again", "drop", "find", "model_of", "stop"]

_BEGUN = "clif_own_training"  # the key of the job that this session asked for


def begin(
    corpus_hash: str, settings: Mapping[str, Any], name: str, title: str, licence: str
) -> None:
    """Train a model on a text of the workspace; raises JobError where too much is unfinished."""
    here = models.workspace()
    with take_place() as place:
        key = submit_training(here, corpus_hash, settings, name, title, licence)
        place.jobs.append(key)
    st.session_state[_BEGUN] = key


def begin_again(job: JobStatus) -> None:
    """Ask once more for a training that was stopped or failed."""
    jobs = models.workspace().jobs
    with take_place() as place:
        place.jobs.append(jobs.submit(TRAIN, jobs.request(job.key), is_done_again=True))


def find() -> JobStatus | None:
    """The training that this session asked for, however it ended; else one that goes on."""
    here = models.workspace()
    begun = st.session_state.get(_BEGUN)
    if begun is not None:
        try:
            return here.jobs.status(begun)
        except ClifError:  # removed meanwhile
            drop()
    return next((known.job for known in running() if known.kind == TRAIN), None)


def model_of(job: JobStatus) -> str:
    """The name of the model that a job trains."""
    return str(models.workspace().jobs.request(job.key).get("name", ""))


def stop(job: JobStatus) -> None:
    """Ask the training to stop at its next step."""
    models.workspace().jobs.cancel(job.key)


def drop() -> None:
    """Speak of the training that this session asked for no more."""
    st.session_state.pop(_BEGUN, None)
