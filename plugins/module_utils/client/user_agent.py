# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The User agent: one typed method per call. The service's spelling of things ends here."""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..domain.fields import fields_of, flag_names
from ..domain.model import Change, CurrentUser, Role, Secret
from . import json_fields
from .errors import Effect, Failed, NetServerError, NotUnderstood, Refused
from .http import Transport
from .languages import in_language, spellings
from .redaction import redacted
from .request import Request
from .responses import Response

EXTERNAL_ASSOCIATE = "ExternalAssociate"
NO_PASSWORD = Secret("")
# UserType travels as a name or as its number (netserver-api 1.4)
USER_TYPES = (
    "Unknown",
    "InternalAssociate",
    "ResourceAssociate",
    EXTERNAL_ASSOCIATE,
    "AnonymousAssociate",
    "SystemAssociate",
)
# what the service calls a refusal that has nothing to do with the spelling of flags (6.3)
REASONED_REFUSALS = (
    "SoNotFoundException",
    "SoIllegalOperationException",
    "SoSentryException",
    "SoValidationException",
    "SoDuplicateException",
    "SoInvalidPasswordException",
    "SoLicenseException",
    "SoSessionException",
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


class UserCard(typing.NamedTuple):
    """What GetUser knows of a user of any type. Whether it is active is not part of it."""

    associate_id: int
    person_id: int
    role_id: int
    user_type: str
    name: str
    user_name: str
    deleted: bool

    @property
    def is_external(self) -> bool:
        """Whether the external-user calls may touch it."""
        return self.user_type == EXTERNAL_ASSOCIATE


class Standing(typing.NamedTuple):
    """What a user is, as lists of many tell it: its type, and whether it is retired."""

    user_type: str
    deleted: bool

    @property
    def is_external(self) -> bool:
        """Whether the external-user calls may touch it."""
        return self.user_type == EXTERNAL_ASSOCIATE


class UserAgent:
    """The calls of `Agents/User` that external users need."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        # by whether there are several flags to spell
        self._proved: dict[bool, FlagSpelling] = {}
        # what is known of users, until something is written
        self._cards: dict[int, UserCard | None] | None = {}

    def external_roles(self) -> list[Role] | None:
        """Return the roles of the type ExternalUser (GetAllRoles), or none for a bare null."""
        value = self._call("roles", "GetAllRoles", {"RoleType": "ExternalUser"})
        if value is None:
            return None
        language = self._transport.settings.language
        return [_role(row, language) for row in json_fields.rows(value, "GetAllRoles")]

    def user(self, associate_id: int) -> UserCard | None:
        """Return the user with this id, whatever its type (GetUser)."""
        cards = {} if self._cards is None else self._cards
        if associate_id not in cards:
            cards[associate_id] = self._card("GetUser", query={"userId": str(associate_id)})
        return cards[associate_id]

    def user_by_name(self, user_name: str) -> UserCard | None:
        """Return the user who logs in with this name, whatever its type (GetUserFromName)."""
        return self._card("GetUserFromName", body={"UserName": user_name})

    def user_standings(self, associate_ids: Sequence[int]) -> dict[int, Standing]:
        """Return what the service says of these users, in one request (GetUserInfoList).

        A user that it says nothing of is not there.
        """
        value = self._call("user", "GetUserInfoList", list(associate_ids))
        rows = [] if value is None else json_fields.rows(value, "GetUserInfoList")
        return {
            json_fields.number(row, "UserInfoId", "GetUserInfoList"): Standing(
                user_type=_user_type(row.get("UserType")), deleted=row.get("Deleted") is True
            )
            for row in rows
        }

    def user_name_problem(self, user_name: str, person_id: int, associate_id: int) -> str | None:
        """Return why a name can not be given (IsUserNameValidWithReason), none if it can.

        `associate_id` is 0 for a user that does not exist yet.
        """
        return self._problem(
            "IsUserNameValidWithReason", person_id, associate_id, UserName=user_name
        )

    def password_problem(self, password: Secret, person_id: int, associate_id: int) -> str | None:
        """Return why a password can not be given (IsPasswordValidWithReason), none if it can."""
        return self._problem(
            "IsPasswordValidWithReason", person_id, associate_id, Password=password
        )

    def create_external_user(self, user: CurrentUser, password: Secret) -> int:
        """Create a user and return its associate id.

        Raises:
            NotUnderstood: the answer holds no id; whether the user exists is then unknown.
        """
        body = {
            "PersonId": user.person_id,
            "UserName": user.user_name,
            "Password": password,
            "RoleId": user.role_id,
            "IsActive": user.is_active,
        }
        value = self._call("create", "CreateExternalUser", body, safe=False)
        if value is None:
            raise NotUnderstood(
                "POST v1/Agents/User/CreateExternalUser answered null, as for a call that failed",
                operation="CreateExternalUser",
                status=200,
            )
        associate_id = json_fields.number({"id": value}, "id", "CreateExternalUser")
        if associate_id <= 0:
            raise NotUnderstood(
                "The answer to CreateExternalUser is not an associate id",
                operation="CreateExternalUser",
            )
        return associate_id

    def set_external_user_info(
        self,
        before: CurrentUser,
        after: CurrentUser,
        change: Change,
        password: Secret,
        took_effect: Callable[[], bool],
    ) -> None:
        """Give the user `before` the values of `after` that `change` names.

        Several flags go in one call, in the first spelling that the service accepts; that one is
        kept. Where it answers a bare null to a spelling that is not proved yet, which can mean
        success and failure, `took_effect` tells. Where it breaks on one, the next one does no harm:
        it says the same.

        Raises:
            NetServerError: the service refused, or its answer was lost.
        """
        is_several = len(flag_names(change)) > 1
        proved = self._proved.get(is_several)
        refusal: NetServerError | None = None
        for spelling in [proved] if proved else SPELLINGS[is_several]:
            try:
                silent = self._set(before, after, change, password, spelling)
            except (Refused, Failed) as error:
                # another thread may have proved it since
                is_proved = self._proved.get(is_several) is spelling
                if is_proved or not _may_be_spelling(error):
                    raise
                refusal = error
                continue
            if silent and not proved and not took_effect():
                continue
            self._proved[is_several] = spelling
            if spelling is FlagSpelling.INTEGER:
                self._proved[not is_several] = spelling
            return
        raise refusal or Refused(
            "POST v1/Agents/User/SetExternalUserInfo answered null and changed nothing",
            operation="SetExternalUserInfo",
            status=200,
        )

    def delete_external_user(self, associate_id: int) -> None:
        """Delete the login of a person."""
        self._call("delete", "DeleteExternalUser", {"AssociateId": associate_id}, safe=False)

    def _set(
        self,
        before: CurrentUser,
        after: CurrentUser,
        change: Change,
        password: Secret,
        spelling: FlagSpelling,
    ) -> bool:
        """Send one modification; tell whether the service answered a bare null to any part."""
        silent = sent_before = False
        sent = before
        for flags, part in to_wire(change, spelling):
            # what the flags do not name carries the values that the user has at that moment
            values = {
                f.option: getattr(after, f.option) for f in fields_of(part & ~Change.PASSWORD)
            }
            sent = sent._replace(**values)
            body = {
                "AssociateId": sent.associate_id,
                "UserName": sent.user_name,
                "Password": password if part & Change.PASSWORD else NO_PASSWORD,
                "IsActive": sent.is_active,
                "RoleId": sent.role_id,
                "ExternalUserInfoModification": flags,
            }
            try:
                answer = self._send(
                    _request("modify", "SetExternalUserInfo", body=body, safe=False)
                )
            except NetServerError as error:
                if sent_before:
                    error.effect = Effect.UNKNOWN  # the parts before this one were accepted
                raise
            sent_before = True
            silent = silent or answer.is_bare_null
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
        value = self._call("validate", method, body)
        if value is None:  # no opinion; the write itself will tell
            return None
        result = json_fields.record(value, method)
        if json_fields.flag(result, "Result", method):
            return None
        reason = json_fields.text(result, "Reason", method) or "the service gives no reason"
        return redacted(reason, self._transport.secrets(body))

    def _card(
        self,
        method: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, typing.Any] | None = None,
    ) -> UserCard | None:
        try:
            value = self._call("user", method, body, query=query)
        except NetServerError as error:
            if _says_nobody(error):
                return None
            raise
        if value is None:
            return None
        return _user_card(json_fields.record(value, method), method)

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
            self._cards = None
        return self._transport.call(request)


def to_wire(change: Change, spelling: FlagSpelling) -> Iterator[tuple[str | int, Change]]:
    """Spell `change` for the service: pairs of a flags value and the part that it names.

    The published schema shows one name per value. Joining several by a comma is how the
    service writes flags in answers; the vendor's own TypeScript client sends the number
    (netserver-api 1.5). Kept here alone, so that a correction is one line and one test.
    """
    if spelling is FlagSpelling.ONE_BY_ONE:
        for part in Change:
            if part & change:
                yield flag_names(part)[0], part
    elif spelling is FlagSpelling.INTEGER:
        yield change.value, change
    else:
        yield ", ".join(flag_names(change)), change


def _says_nobody(error: NetServerError) -> bool:
    """Tell whether an error of a look-up means that there is no such user.

    The request itself is well-formed, so that a refusal which gives no reason can mean nothing
    else. Whoever goes on from there meets the service's own checks before a write.
    """
    reason = _reason(error)
    unreasoned = isinstance(error, Refused) and error.status in (200, 400) and not reason
    return error.status == 404 or reason == "SoNotFoundException" or unreasoned


def _may_be_spelling(error: NetServerError) -> bool:
    """Tell whether a refusal can be about the spelling of flags, and not about their values."""
    return _reason(error) not in REASONED_REFUSALS


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


def _user_card(row: Mapping[str, typing.Any], method: str) -> UserCard:
    person = row.get("Person")
    role = row.get("Role")
    return UserCard(
        associate_id=json_fields.number(row, "AssociateId", method),
        person_id=json_fields.number(person, "PersonId", method)
        if isinstance(person, Mapping)
        else 0,
        role_id=json_fields.number(role, "Id", method) if isinstance(role, Mapping) else 0,
        user_type=_user_type(row.get("Type")),
        name=json_fields.text(row, "Name", method),
        user_name=json_fields.text(row, "UserName", method),
        deleted=json_fields.flag(row, "Deleted", method)
        if row.get("Deleted") is not None
        else False,
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
        deleted=json_fields.flag(row, "Deleted", "GetAllRoles")
        if row.get("Deleted") is not None
        else False,
        names=spellings(text),
    )
