# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that every module has."""

from __future__ import annotations


class ModuleDocFragment:
    """The connection to an installation."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of the web site of the installation, without C(/api), for example V(https://crm.example.com/SuperOffice).
      - A trailing slash, and a pasted C(/api) or C(/api/v1), are understood.
      - If not given, the value of the environment variable E(SUPEROFFICE_URL) is used.
    type: str
    required: true
  auth_method:
    description:
      - How to log in, one of the four schemes of the web service.
      - V(basic) - With O(auth_username) and O(auth_password).
      - V(soticket) - With a ticket in O(auth_ticket).
      - V(bearer) - With a token in O(auth_token).
      - V(xsrf) - With the session cookies of a browser in O(auth_cookie) and the token that goes with them in O(xsrf_token).
      - If not given, the value of the environment variable E(SUPEROFFICE_AUTH_METHOD) is used.
    type: str
    choices:
      - basic
      - soticket
      - bearer
      - xsrf
    default: basic
  auth_username:
    description:
      - Name of the calling login, for O(auth_method=basic). It needs the right to administer external users.
      - If not given, the value of the environment variable E(SUPEROFFICE_USERNAME) is used.
    type: str
  auth_password:
    description:
      - Password of the calling login, for O(auth_method=basic).
      - If not given, the value of the environment variable E(SUPEROFFICE_PASSWORD) is used.
    type: str
  auth_ticket:
    description:
      - Ticket such as V(7T:...), for O(auth_method=soticket). It is sent as it is.
      - If not given, the value of the environment variable E(SUPEROFFICE_TICKET) is used.
    type: str
  auth_token:
    description:
      - Token such as V(7A:...), for O(auth_method=bearer).
      - If not given, the value of the environment variable E(SUPEROFFICE_TOKEN) is used.
    type: str
  auth_cookie:
    description:
      - Value of the C(Cookie) header with the session of a browser, for O(auth_method=xsrf).
      - If not given, the value of the environment variable E(SUPEROFFICE_COOKIE) is used.
    type: str
  xsrf_token:
    description:
      - Value of the cookie C(XSRF-TOKEN), for O(auth_method=xsrf).
      - If not given, the value of the environment variable E(SUPEROFFICE_XSRF_TOKEN) is used.
    type: str
  app_token:
    description:
      - Token that identifies a partner application. It is sent as C(SO-AppToken) with any O(auth_method).
      - If not given, the value of the environment variable E(SUPEROFFICE_APP_TOKEN) is used.
    type: str
  language:
    description:
      - Language in which the service writes names of roles and reasons, so that each has one spelling.
      - If not given, the value of the environment variable E(SUPEROFFICE_LANGUAGE) is used.
    type: str
    default: en
  validate_certs:
    description:
      - Whether the certificate of the server must be valid. Passwords travel on this connection.
      - If not given, the value of the environment variable E(SUPEROFFICE_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - File, or folder, with the certificates of the authorities to trust instead of the usual ones.
      - If not given, the value of the environment variable E(SUPEROFFICE_CA_PATH) is used.
    type: path
  client_cert:
    description:
      - File with the certificate that the server asks a client for, with or without its key.
      - If not given, the value of the environment variable E(SUPEROFFICE_CLIENT_CERT) is used.
    type: path
  client_key:
    description:
      - File with the key of O(client_cert), without a pass phrase.
      - If not given, the value of the environment variable E(SUPEROFFICE_CLIENT_KEY) is used.
    type: path
  proxy:
    description:
      - Address of the proxy to go through. It overrides the usual variables such as E(HTTPS_PROXY).
      - If not given, the value of the environment variable E(SUPEROFFICE_PROXY) is used.
    type: str
  allow_http:
    description:
      - Whether O(url) may be plain http. This is refused unless the address is that of a loopback interface, since passwords
        would travel readable.
      - If not given, the value of the environment variable E(SUPEROFFICE_ALLOW_HTTP) is used.
    type: bool
    default: false
  timeout:
    description:
      - Seconds to wait for a connection, and for the next bytes of a response.
      - A request as a whole ends after 10 times this value.
      - If not given, the value of the environment variable E(SUPEROFFICE_TIMEOUT) is used.
    type: float
    default: 30.0
  retries:
    description:
      - How often a request that is safe to repeat is retried, after a growing pause or the one that the service asks for.
      - A write is sent again only if it is proved that it had no effect, or after reading the user has shown that it had none.
      - If not given, the value of the environment variable E(SUPEROFFICE_RETRIES) is used.
    type: int
    default: 4
requirements:
  - python >= 3.10
  - requests
notes:
  - On a local connection the work is done in the process of the controller, by an action plugin of the same name. On any other,
    and with C(become) or C(async), it is done by the module. Both give the same results.
  - Redirects are never followed, since the credentials would be sent to another address.
  - SuperOffice Online does not offer the User agent of the web service. This collection is for onsite installations.
"""
