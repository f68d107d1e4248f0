"""CALLERROR codes as each version spells them (OCPP-J 1.6 §4.2.3, 2.0.1 and 2.1 part 4 §4.3)."""

from enum import StrEnum

from volt_ocpp.versions import Version


class ErrorCode(StrEnum):
    """Every code that Voltlog sends; some exist in one spelling per version."""

    FORMATION_VIOLATION = "FormationViolation"
    FORMAT_VIOLATION = "FormatViolation"
    GENERIC_ERROR = "GenericError"
    INTERNAL_ERROR = "InternalError"
    MESSAGE_TYPE_NOT_SUPPORTED = "MessageTypeNotSupported"
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    OCCURENCE_CONSTRAINT_VIOLATION = "OccurenceConstraintViolation"
    OCCURRENCE_CONSTRAINT_VIOLATION = "OccurrenceConstraintViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    PROTOCOL_ERROR = "ProtocolError"
    RPC_FRAMEWORK_ERROR = "RpcFrameworkError"
    SECURITY_ERROR = "SecurityError"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"


def bad_frame(version: Version) -> ErrorCode:
    """The array around the payload cannot be read."""
    return ErrorCode.FORMATION_VIOLATION if version is Version.V16 else ErrorCode.RPC_FRAMEWORK_ERROR


def bad_payload(version: Version) -> ErrorCode:
    """The frame's head can be read, its payload is no JSON object."""
    return ErrorCode.FORMATION_VIOLATION if version is Version.V16 else ErrorCode.FORMAT_VIOLATION


def bad_occurrence(version: Version) -> ErrorCode:
    """A required field is missing. OCPP 1.6 spells the code with one r, and stations compare it letter by letter."""
    if version is Version.V16:
        return ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION
    return ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION
