"""All that an exporter plugin imports: the contract, the hook, the errors, and encoders for files."""

from seggql.errors import DeliveryRejected, DestinationUnavailable, ExportError
from seggql.exporter.contract import (
    AnyExporter,
    Delivery,
    Exporter,
    ExporterConfig,
    ExportMode,
    Receipt,
    RejectedMember,
    Writer,
)
from seggql.exporter.files import Encoder, FileFormat, make_encoder
from seggql.exporter.hooks import hookimpl

__all__ = [
    "AnyExporter",
    "Delivery",
    "DeliveryRejected",
    "DestinationUnavailable",
    "Encoder",
    "ExportError",
    "ExportMode",
    "Exporter",
    "ExporterConfig",
    "FileFormat",
    "Receipt",
    "RejectedMember",
    "Writer",
    "hookimpl",
    "make_encoder",
]
