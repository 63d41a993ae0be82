"""A long log, read for what could be an error: in blocks, each kind of line once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

#: An output up to this long is looked at whole.
WHOLE = 256 * 1024
#: Bytes of lines that are kept of a longer one, and of one line.
_MOST, _LONGEST_LINE = 2_000_000, 8_000
#: Kinds of lines that are remembered.
_MOST_KINDS = 50_000
#: Lines that are kept of what stands from a candidate on; bytes that pieces of a line share.
_BEHIND, _OVERLAP = 6, 500
#: Of these one stands in each text that is known, in lowercase.
TRIGGERS = (
    b"credential", b"denied", b"authoriz", b"assumerole", b"token", b"169.254.", b"throttl",
    b"rate exceeded", b"too many requests", b"toomanyrequests", b"identity", b"arn:aws",
    b"amazonaws.com", b"region", b"profile", b"malformed", b"signature", b"forbidden",
    b"expired", b"association", b"requestlimitexceeded", b"internal", b"webhook", b"sts",
    b"quota", b"alreadyexists", b"nosuchentity", b"the role with name", b"vpcid",
    b"rate limiter", b"leader election", b"requesttime", b"access key", b"server version",
    b"policy", b"aws-iam-token", b"agent", b"loopback", b"host", b"secret", b"logged in",
    b"provider", b"vpc id", b"role", b"request arn", b"idpcomm", b"idprejected",
    b"unrecognizedclient", b"boundary", b"explicit deny", b"resourcenotfound", b"listen tcp",
    b"metadata", b"principal", b"header value", b"failed to satisfy", b"headervalue",
    b"not allowed", b"argocd", b"registry auth", b"access to the model", b"explicitdeny",
    b"permissions for", b"wrong; expecting",
    b"nonexistentqueue", b"deleteconflict", b"no cluster found", b"dkr.ecr.", b"ip address",
    b"serviceaccount", b"instance id", b"auth error", b"sharedcreds", b"meta data",
    b"accesskeyid", b"access_key", b"required claim", b"optinrequired",
    b"status code: 403", b"specified endpoint", b"not attachable", b"service endpoint", b"tls_ctx",
)  # fmt: skip
_HEX = b"0123456789abcdefABCDEF-"


def novel_text(blocks: Iterable[bytes]) -> tuple[str, bool]:
    """The text of an output; of a long one the lines that could be errors, each kind once.

    Also whether there is more than is kept of a log.
    """
    whole = bytearray()
    rest = iter(blocks)
    for block in rest:
        whole += block
        if len(whole) > WHOLE:
            break
    else:
        return whole.decode("utf-8", "replace"), False
    log = _Log()
    log.take(bytes(whole))
    for block in rest:
        if log.full:
            break
        log.take(block)
    log.end()
    return b"\n".join(log.kept).decode("utf-8", "replace"), log.full


class _Log:
    """What is kept of a log, block by block."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self._size = 0
        self._seen: set[bytes] = set()
        self._begun = b""

    @property
    def full(self) -> bool:
        """Whether no more is kept."""
        return self._size >= _MOST

    def take(self, block: bytes) -> None:
        """The next block: its whole lines, and the begun one for later."""
        lines = (self._begun + block).split(b"\n")
        self._begun = lines.pop()
        if len(self._begun) > 2 * _LONGEST_LINE:
            lines.append(self._begun)
            self._begun = b""
        if max(map(len, lines), default=0) > _LONGEST_LINE:
            lines = [piece for line in lines for piece in _pieces(line)]
        self._keep(lines)

    def end(self) -> None:
        """No more comes."""
        self._keep([*_pieces(self._begun)])
        self._begun = b""

    def _keep(self, lines: list[bytes]) -> None:
        """Keep each candidate, and what it may go on with, behind it."""
        wanted = _candidates(self._novel(lines))
        last = -1
        for at, line in enumerate(lines):
            if self.full or not wanted:
                return
            if line not in wanted:
                continue
            wanted.discard(line)
            if at > last + 1:
                self.kept.append(b"")  # what stood between is left out: another error
            last = max(last, at - 1)
            end = at + 1
            while end < min(at + _BEHIND, len(lines)) and lines[end] not in wanted:
                end += 1
            self.kept += lines[last + 1 : end]
            self._size += sum(map(len, lines[last + 1 : end]))
            last = end - 1

    def _novel(self, lines: list[bytes]) -> list[bytes]:
        """Of lines that are alike but for times and ids the first."""
        found = []
        for line in dict.fromkeys(lines):
            kind = _kind(line)
            if kind not in self._seen:
                self._seen.add(kind)
                found.append(line)
        if len(self._seen) > _MOST_KINDS:
            self._seen.clear()  # memory is bounded; some kinds are kept once more
        return found


def _pieces(line: bytes) -> Iterator[bytes]:
    """A line; in pieces that overlap where it is very long."""
    if len(line) <= _LONGEST_LINE:
        yield line
        return
    for start in range(0, len(line), _LONGEST_LINE - _OVERLAP):
        yield line[start : start + _LONGEST_LINE]


def _candidates(lines: list[bytes]) -> set[bytes]:
    """The lines in which a trigger stands."""
    text = b"\n".join(lines).lower()
    if not any(trigger in text for trigger in TRIGGERS):
        return set()
    return {line for line in lines if any(trigger in line.lower() for trigger in TRIGGERS)}


def _kind(line: bytes) -> bytes:
    """What lines that differ in times and ids alone have in common, and the role in them."""
    at = line.find(b"role/")
    if at < 0:
        return line.translate(None, _HEX)
    return line.translate(None, _HEX) + b"".join(line[at : at + 80].split(b"/", 2)[1:2])
