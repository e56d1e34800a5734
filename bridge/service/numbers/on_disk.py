"""What flows are made from: the modules of their authors, and the file of operators."""

import asyncio
from pathlib import Path

from bridge.service.flows import Flows
from bridge.service.fresh_flows import fingerprint, load_fresh
from bridge.service.numbers.disk import NumbersFileError, read_text, write_text


class OnDisk:
    """Both, as they were when somebody looked last."""

    def __init__(self, authored: Flows, file: Path | None) -> None:
        """Begin with flows that are loaded already.

        Raises:
            NumbersFileError: the file cannot be read.
        """
        self.file = file
        self.authored = authored
        """The flows that could be loaded last."""
        self.code = fingerprint(authored.folder) if authored.source else ""
        """Stands for the modules that were seen last, whether they could be loaded or not."""
        self.text = read_text(file) if file else ""

    async def load(self, *, anew: bool = False) -> bool:
        """Load the modules if their files have changed, or `anew`; whether that was done.

        Raises:
            FlowError: they cannot be loaded; those before are kept.
        """
        source = self.authored.source
        if not source:
            return False
        code = await asyncio.to_thread(fingerprint, self.authored.folder)
        if code == self.code and not anew:
            return False
        self.code = code
        self.authored = await asyncio.to_thread(load_fresh, source)
        return True

    async def read(self) -> bool:
        """Read the file; whether it has changed.

        Raises:
            NumbersFileError: it cannot be read, or has become empty.
        """
        before = self.text
        if self.file:
            self.text = await asyncio.to_thread(read_text, self.file)
        if before and not self.text:
            raise NumbersFileError(
                f"INTERLUDE_NUMBERS={self.file} is empty, as some editors leave a file while they "
                "write it: if no number is to differ from its flow, put a comment into it."
            )
        return self.text != before

    async def write(self, text: str) -> None:
        """Write the file.

        Raises:
            NumbersFileError: it cannot be written, or there is none.
        """
        if not self.file:
            raise NumbersFileError("Set INTERLUDE_NUMBERS to a file that this service can write.")
        await asyncio.to_thread(write_text, self.file, text)
        self.text = text
