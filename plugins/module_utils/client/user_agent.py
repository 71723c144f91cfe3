# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The User agent: one typed method per call. The service's spelling of things ends here."""

from __future__ import annotations

import enum
import re
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..domain.fields import fields_of, flag_names
from ..domain.model import CurrentUser, Modification, Role, Secret
from . import json_fields
from .errors import Effect, Failed, Forbidden, NetServerError, NotUnderstood, Refused
from .http import Transport
from .languages import in_language, spellings
from .redaction import redacted
from .request import Request
from .responses import Response

EXTERNAL_ASSOCIATE = "ExternalAssociate"
NO_PASSWORD = Secret("")
NOT_FOUND = "SoNotFoundException"
# the statuses of a call that a service does not have
_NO_SUCH_CALL = (404, 405)
_NO_REASON = (
    "The service gives no reason; usually the calling login lacks the right to administer external"
    " users. See the log of the service"
)
# UserType is sent as a name or as its number (docs/service-facts.md, Users)
USER_TYPES = (
    "Unknown",
    "InternalAssociate",
    "ResourceAssociate",
    EXTERNAL_ASSOCIATE,
    "AnonymousAssociate",
    "SystemAssociate",
)


class FlagSpelling(enum.Enum):
    """The ways to name several flags in one string, in the order in which they are tried."""

    NAMES = "names joined by a comma"
    INTEGER = "the sum as a number"
    ONE_BY_ONE = "one call per flag"


# by whether there are several flags to spell: one alone is the same by name and one by one
SPELLINGS = {
    True: tuple(FlagSpelling),
    False: (FlagSpelling.NAMES, FlagSpelling.INTEGER),
}


class UserRecord(typing.NamedTuple):
    """A user of any type, as the agent describes it; whether it is active is not part of it.

    `names` is empty, and `role_id` 0, where the call does not tell. `last_login` is what GetUser
    tells: a time, or None for never. `is_visible` is false where the
    service refuses to describe the user to the calling login; then nothing else is known.
    """

    associate_id: int
    person_id: int
    user_type: str
    deleted: bool
    names: tuple[str, ...] = ()
    role_id: int = 0
    is_visible: bool = True
    last_login: str | None = None

    @property
    def is_external(self) -> bool:
        """Whether the calls for external users apply to it."""
        return self.user_type == EXTERNAL_ASSOCIATE

    @property
    def name(self) -> str:
        """The name to show."""
        return next(filter(None, reversed(self.names)), "")


class UserAgent:
    """The calls of `Agents/User` that external users need."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        # by whether there are several flags to spell
        self._proved: dict[bool, FlagSpelling] = {}
        # users that were looked up, by id and by name, until something is written
        self._records: dict[int | str, UserRecord | None] | None = {}

    def forget(self) -> None:
        """Ask again for users that were looked up already."""
        if self._records:
            self._records = {}

    def external_roles(self) -> list[Role] | None:
        """Return the roles of the type ExternalUser (GetAllRoles), or none for a bare null."""
        value = self._call("roles", "GetAllRoles", {"RoleType": "ExternalUser"})
        if value is None:
            return None
        language = self._transport.settings.language
        return [_role(row, language) for row in json_fields.rows(value, "GetAllRoles")]

    def user(self, associate_id: int) -> UserRecord | None:
        """Return the user with this id, whatever its type (GetUser)."""
        return self._looked_up(associate_id, "GetUser", query={"userId": str(associate_id)})

    def user_by_name(self, user_name: str) -> UserRecord | None:
        """Return the user who logs in with this name, whatever its type (GetUserFromName)."""
        return self._looked_up(user_name, "GetUserFromName", body={"UserName": user_name})

    def users(self, associate_ids: Sequence[int]) -> dict[int, UserRecord]:
        """Return the users with these ids, whatever their type, in one request (GetUserInfoList).

        The result has no names: a UserInfo has initials or the name of a database user as well.
        """
        value = self._call("user", "GetUserInfoList", list(associate_ids))
        rows = [] if value is None else json_fields.rows(value, "GetUserInfoList")
        return {record.associate_id: record for record in map(_record_of_info, rows)}

    def user_name_problem(self, user_name: str, person_id: int, associate_id: int) -> str | None:
        """Return why a name cannot be given (IsUserNameValidWithReason), none if it can.

        `associate_id` is 0 for a user that does not exist yet.
        """
        return self._problem(
            "IsUserNameValidWithReason", person_id, associate_id, UserName=user_name
        )

    def password_problem(self, password: Secret, person_id: int, associate_id: int) -> str | None:
        """Return why a password cannot be given (IsPasswordValidWithReason), none if it can."""
        return self._problem(
            "IsPasswordValidWithReason", person_id, associate_id, Password=password
        )

    def create_external_user(self, user: CurrentUser, password: Secret) -> int:
        """Create a user and return its associate id.

        Raises:
            NotUnderstood: the response holds no id; whether the user exists is then unknown.
        """
        body = {
            "PersonId": user.person_id,
            **{f.wire: getattr(user, f.option) for f in fields_of(~Modification.PASSWORD)},
            "Password": password,
        }
        value = self._call("create", "CreateExternalUser", body, safe=False)
        if value is None:
            error = NotUnderstood(
                "POST v1/Agents/User/CreateExternalUser returned null, as for a call that failed",
                operation="CreateExternalUser",
                status=200,
            )
            error.advice = _NO_REASON
            raise error
        associate_id = json_fields.number({"id": value}, "id", "CreateExternalUser")
        if associate_id <= 0:
            raise NotUnderstood(
                "The response to CreateExternalUser is not an associate id",
                operation="CreateExternalUser",
            )
        return associate_id

    def set_external_user_info(
        self,
        before: CurrentUser,
        after: CurrentUser,
        modification: Modification,
        password: Secret,
        took_effect: Callable[[], bool],
    ) -> None:
        """Give the user `before` the values of `after` that `modification` names.

        Several flags go in one call, in the first spelling that the service accepts; that one is
        kept. Where it returns a bare null for a spelling that is not proved yet, which can mean
        success and failure, `took_effect` tells. So it does where an error leaves the effect open,
        unless it is about a password, which cannot be read: the next spelling says the same.

        Raises:
            NetServerError: the service refused, or its response was lost.
        """
        is_several = len(flag_names(modification)) > 1
        proved = self._proved.get(is_several)
        refusal: NetServerError | None = None
        for spelling in [proved] if proved else SPELLINGS[is_several]:
            try:
                silent = self._set(before, after, modification, password, spelling)
            except (Refused, Failed, Forbidden) as error:
                # another thread may have proved it since
                is_proved = self._proved.get(is_several) is spelling
                if refusal and refusal.effect is Effect.UNKNOWN:
                    error.effect = Effect.UNKNOWN  # the call may have been applied before
                if is_proved or not _may_be_spelling(error):
                    raise
                is_unsure = error.effect is Effect.UNKNOWN
                if is_unsure and modification & ~Modification.PASSWORD and took_effect():
                    return
                refusal = error
                continue
            if silent and not proved and not took_effect():
                continue
            self._proved[is_several] = spelling
            if spelling is FlagSpelling.INTEGER:
                self._proved[not is_several] = spelling
            return
        if refusal is None:
            refusal = Refused(
                "POST v1/Agents/User/SetExternalUserInfo returned null and changed nothing",
                operation="SetExternalUserInfo",
                status=200,
            )
            refusal.advice = _NO_REASON
        raise refusal

    def supports_password_email(self, associate_id: int) -> bool | None:
        """Tell whether this user can get a link for a new password by mail; None: no such user.

        (GetSupportedChangePasswordTypes)
        """
        method = "GetSupportedChangePasswordTypes"
        try:
            value = self._call("mail", method, {"AssociateId": associate_id})
        except NetServerError as error:
            if _says_no_such_user(error):
                return None
            raise
        return "email" in (text.lower() for text in json_fields.texts(value, method))

    def send_password_email(self, associate_id: int) -> str | None:
        """Have a link for a new password sent to a user; return why not, none if it was sent.

        (SendChangePasswordEMail)

        Raises:
            NetServerError: the service refused, or its response was lost.
        """
        method = "SendChangePasswordEMail"
        value = self._call("mail", method, {"AssociateId": associate_id}, safe=False)
        result = json_fields.record(value, method)
        if json_fields.flag(result, "Success", method):
            return None
        reason = json_fields.text(result, "Message", method) or "it gives no reason"
        return redacted(reason, self._transport.secrets(None))

    def delete_external_user(self, associate_id: int) -> None:
        """Delete the login of a person."""
        self._call("delete", "DeleteExternalUser", {"AssociateId": associate_id}, safe=False)

    def _set(
        self,
        before: CurrentUser,
        after: CurrentUser,
        modification: Modification,
        password: Secret,
        spelling: FlagSpelling,
    ) -> bool:
        """Send one modification; tell whether the service returned a bare null for any part."""
        silent = sent_before = False
        sent = before
        for flags, part in to_wire(modification, spelling):
            # what the flags do not name carries the values that the user has at that moment
            values = {
                f.option: getattr(after, f.option) for f in fields_of(part & ~Modification.PASSWORD)
            }
            sent = sent._replace(**values)
            body = {
                "AssociateId": sent.associate_id,
                **{f.wire: getattr(sent, f.option) for f in fields_of(~Modification.PASSWORD)},
                "Password": password if part & Modification.PASSWORD else NO_PASSWORD,
                "ExternalUserInfoModification": flags,
            }
            try:
                response = self._send(
                    _request("modify", "SetExternalUserInfo", body=body, safe=False)
                )
            except NetServerError as error:
                if sent_before:
                    error.effect = Effect.UNKNOWN  # the parts before this one were accepted
                raise
            sent_before = True
            silent = silent or response.is_bare_null
        return silent

    def _problem(
        self, method: str, person_id: int, associate_id: int, **checked: typing.Any
    ) -> str | None:
        body = {
            "AssociateId": associate_id,
            "Type": EXTERNAL_ASSOCIATE,
            "PersonId": person_id,
            **checked,
        }
        try:
            value = self._call("validate", method, body)
        except Refused as error:
            if not is_missing_call(error):
                raise
            value = None
        if value is None:  # no opinion; the write itself will tell
            return None
        result = json_fields.record(value, method)
        if json_fields.flag(result, "Result", method):
            return None
        reason = json_fields.text(result, "Reason", method) or "the service gives no reason"
        return redacted(reason, self._transport.secrets(body))

    def _looked_up(self, key: int | str, method: str, **request: typing.Any) -> UserRecord | None:
        records = {} if self._records is None else self._records
        if key not in records:
            record = records[key] = self._user(method, **request)
            if record is not None and record.is_visible:
                records.setdefault(record.associate_id, record)
        return records[key]

    def _user(
        self,
        method: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, typing.Any] | None = None,
    ) -> UserRecord | None:
        try:
            value = self._call("user", method, body, query=query)
        except NetServerError as error:
            if isinstance(error, Forbidden) and _reason(error) not in ("", NOT_FOUND):
                return UserRecord(0, 0, "", deleted=False, is_visible=False)
            if _says_no_such_user(error):
                return None
            raise
        if value is None:
            return None
        return _record(json_fields.record(value, method), method)

    def _call(
        self,
        kind: str,
        method: str,
        body: typing.Any = None,
        *,
        query: Mapping[str, str] | None = None,
        safe: bool = True,
    ) -> typing.Any:
        request = _request(kind, method, query=query, body=body, safe=safe)
        return self._send(request).value

    def _send(self, request: Request) -> Response:
        if not request.safe:
            self._records = None
        return self._transport.call(request)


def is_missing_call(error: NetServerError | None) -> bool:
    """Tell whether an error says that the service does not have the call.

    A page says nothing of the service: it comes from a web server or a firewall.
    """
    return error is not None and error.status in _NO_SUCH_CALL and not error.is_page


def to_wire(
    modification: Modification, spelling: FlagSpelling
) -> Iterator[tuple[str | int, Modification]]:
    """Spell `modification` for the service: pairs of a flags value and the part that it names.

    The published schema shows one name per value. Responses of the service join several names by a
    comma; the vendor's own TypeScript client sends the number (docs/service-facts.md, Flags). Only
    this function knows the spelling, so that a correction is one line and one test.
    """
    if spelling is FlagSpelling.ONE_BY_ONE:
        for part in Modification:
            if part & modification:
                yield flag_names(part)[0], part
    elif spelling is FlagSpelling.INTEGER:
        yield modification.value, modification
    else:
        yield ", ".join(flag_names(modification)), modification


def _says_no_such_user(error: NetServerError) -> bool:
    """Tell whether an error of a look-up means that there is no such user.

    The request itself is well-formed, so that a refusal which gives no reason can mean nothing
    else. Whoever goes on from there meets the service's own checks before a write. A page is not
    from the service, and says nothing about its users.
    """
    if error.is_page:
        return False
    reason = _reason(error)
    unreasoned = isinstance(error, Refused) and error.status in (200, 400) and not reason
    return error.status == 404 or reason == NOT_FOUND or unreasoned


def _may_be_spelling(error: NetServerError) -> bool:
    """Tell whether a refusal can be about the spelling of flags, and not about their values."""
    # an exception of the service's own is a reason; what cannot be read as flags is one of .NET
    return not error.is_page and not re.fullmatch(r"So\w+Exception", _reason(error))


def _reason(error: NetServerError) -> str:
    return error.error_type.rpartition(".")[2]


def _request(
    kind: str,
    method: str,
    *,
    query: Mapping[str, str] | None = None,
    body: typing.Any = None,
    safe: bool = True,
) -> Request:
    # a POST without a body still has to say what it would be
    body = {} if body is None else body
    return Request(kind, method, "POST", f"v1/Agents/User/{method}", query or {}, body, safe)


def _record(row: Mapping[str, typing.Any], method: str) -> UserRecord:
    return UserRecord(
        associate_id=json_fields.number(row, "AssociateId", method),
        person_id=json_fields.number(_nested(row, "Person"), "PersonId", method, missing=0),
        user_type=_user_type(row.get("Type")),
        deleted=json_fields.flag(row, "Deleted", method, missing=False),
        names=(
            json_fields.text(row, "Name", method),
            json_fields.text(row, "UserName", method),
        ),
        role_id=json_fields.number(_nested(row, "Role"), "Id", method, missing=0),
        last_login=json_fields.shown_moment(row, "Lastlogin"),
    )


def _nested(row: Mapping[str, typing.Any], key: str) -> Mapping[str, typing.Any]:
    value = row.get(key)
    return value if isinstance(value, Mapping) else {}


def _record_of_info(row: Mapping[str, typing.Any]) -> UserRecord:
    method = "GetUserInfoList"
    return UserRecord(
        associate_id=json_fields.number(row, "UserInfoId", method),
        person_id=json_fields.number(row, "PersonId", method, missing=0),
        user_type=_user_type(row.get("UserType")),
        deleted=json_fields.flag(row, "Deleted", method, missing=False),
    )


def _user_type(value: object) -> str:
    if isinstance(value, int) and 0 <= value < len(USER_TYPES):
        return USER_TYPES[value]
    return str(value)


def _role(row: Mapping[str, typing.Any], language: str) -> Role:
    text = json_fields.text(row, "Name", "GetAllRoles")
    return Role(
        role_id=json_fields.number(row, "Id", "GetAllRoles"),
        name=in_language(text, language),
        deleted=json_fields.flag(row, "Deleted", "GetAllRoles", missing=False),
        names=spellings(text),
    )
