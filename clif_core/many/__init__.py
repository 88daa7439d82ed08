"""One map over tasks that do not need each other: runs of an ensemble, retrainings, sweeps.

    tasks, what they share -> run_each -> keep(number, result) of each, as soon as it is done

The same code does them one after another in this process, in several processes of this machine
(joblib's), or on a cluster of Dask's or Ray's (``CLIF_SCHEDULER``). A task's result depends on the
task alone, so it has the same bits wherever it ran on processors of one kind (docs/decisions/0040).

mapping    ``run_each``: order, progress, stopping, faults, lost workers
places     where tasks run: processes or a cluster, and how many at a time
clusters   ``Dask`` and ``Ray``
shared     what all tasks share travels as one file: by a folder, or by a URL (S3, GCS)
board      what a running task tells, and how it is told to stop
"""

from clif_core.many.mapping import Task, run_each
from clif_core.many.places import has_cluster, room_for, share_of

__all__ = ["Task", "has_cluster", "room_for", "run_each", "share_of"]
