"""A session without a browser, which speaks Streamlit's protocol with the server.

The browser sends a ``BackMsg`` (run, this widget pressed) over a web socket and gets ``ForwardMsg``
back until the run is over. A visitor does the same and draws nothing, so that the server can be
timed without browsers competing for its processors.
"""

from __future__ import annotations

import time
from types import TracebackType

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

__all__ = ["Visitor"]

_LONGEST = 120  # seconds to wait for a message


class Visitor:
    """One session on the server at ``url`` (http://...); a context manager."""

    def __init__(self, url: str) -> None:
        address = url.replace("http://", "ws://") + "/_stcore/stream"
        self._socket = connect(address, subprotocols=["streamlit"], max_size=None)  # type: ignore[list-item]
        self._known: set[str] = set()  # hashes of messages that the server need not send again
        self._pages: dict[str, str] = {}
        self._page, self._query = "", ""
        self.html = ""  # of the last run
        self.buttons: dict[str, str] = {}  # label -> widget, of the last run
        self.uploaders: dict[str, str] = {}  # label -> widget
        self._url, self._given = url, dict[str, WidgetState]()
        self._upload_urls: FileURLs | None = None

    def __enter__(self) -> Visitor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._socket.close()

    def open(self, link: str) -> float:
        """Open ``view?query``; seconds until the script run is over."""
        name, _, self._query = link.partition("?")
        return self._run(name=name)

    def turn_to(self, view: str) -> float:
        """Follow a link of the navigation; seconds."""
        self._page = self._pages[view]
        return self._run()

    def press(self, label: str) -> float:
        """Press the button whose label starts with this; seconds until the script run is over."""
        widget = next(key for known, key in self.buttons.items() if known.startswith(label))
        return self._run(widget)

    def upload(self, label: str, name: str, content: bytes) -> tuple[float, float]:
        """Give a file to the uploader of this label; seconds of the transfer, and of the run."""
        ask = BackMsg()
        ask.file_urls_request.request_id = "1"
        ask.file_urls_request.file_names.append(name)
        start, self._upload_urls = time.perf_counter(), None
        self._socket.send(ask.SerializeToString())
        while self._upload_urls is None:
            self._is_last(self._receive())
        with requests.Session() as client:
            client.get(f"{self._url}/_stcore/health", timeout=_LONGEST)
            client.put(
                f"{self._url}{self._upload_urls.upload_url}",
                files={name: (name, content)},
                headers={"X-Xsrftoken": client.cookies["_streamlit_xsrf"]},
                timeout=_LONGEST,
            ).raise_for_status()
        sent = time.perf_counter() - start
        state = self._given[label] = WidgetState(id=self.uploaders[label])
        state.file_uploader_state_value.uploaded_file_info.add(
            name=name, size=len(content), file_id=self._upload_urls.file_id
        )
        return sent, self._run()

    def _run(self, widget: str = "", name: str = "") -> float:
        message = BackMsg()
        state = message.rerun_script
        state.page_name, state.page_script_hash, state.query_string = name, self._page, self._query
        state.cached_message_hashes.extend(self._known)
        state.context_info.color_scheme = "light"
        state.widget_states.widgets.extend(self._given.values())
        if widget:
            pressed = state.widget_states.widgets.add()
            pressed.id, pressed.trigger_value = widget, True
        self.html, self.buttons = "", {}
        start = time.perf_counter()
        self._socket.send(message.SerializeToString())
        while not self._is_last(self._receive()):
            pass
        return time.perf_counter() - start

    def _receive(self) -> ForwardMsg:
        message = ForwardMsg()
        message.ParseFromString(bytes(self._socket.recv(_LONGEST)))  # type: ignore[arg-type]
        return message

    def _is_last(self, message: ForwardMsg) -> bool:
        """Take note of a message; returns whether it ends the last run."""
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self._page = message.navigation.page_script_hash
            pages = message.navigation.app_pages
            self._pages = {page.url_pathname: page.page_script_hash for page in pages}
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "delta":
            if message.metadata.cacheable:
                self._known.add(message.hash)
            element = message.delta.new_element
            if element.WhichOneof("type") == "html":
                self.html += element.html.body
            elif element.WhichOneof("type") == "button":
                self.buttons[element.button.label] = element.button.id
            elif element.WhichOneof("type") == "file_uploader":
                self.uploaders[element.file_uploader.label] = element.file_uploader.id
        elif kind == "file_urls_response":
            self._upload_urls = message.file_urls_response.file_urls[0]
        return kind == "script_finished" and message.script_finished == (
            ForwardMsg.FINISHED_SUCCESSFULLY
        )
