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
      - URL of the web site of the installation, without C(/api), for example V(https://crm.example.com/SuperOffice).
      - A trailing slash, C(/api) or C(/api/v1) is accepted and ignored.
      - If this option is omitted, the environment variable E(SUPEROFFICE_URL) is used.
    type: str
    required: true
  auth_method:
    description:
      - Authentication method.
      - V(basic) - With O(auth_username) and O(auth_password).
      - V(soticket) - With a ticket in O(auth_ticket).
      - V(bearer) - With a token in O(auth_token).
      - V(xsrf) - With the session cookies of a browser in O(auth_cookie) and the matching token in O(xsrf_token).
      - If this option is omitted, the environment variable E(SUPEROFFICE_AUTH_METHOD) is used.
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
      - If this option is omitted, the environment variable E(SUPEROFFICE_USERNAME) is used.
    type: str
  auth_password:
    description:
      - Password of the calling login, for O(auth_method=basic).
      - If this option is omitted, the environment variable E(SUPEROFFICE_PASSWORD) is used.
    type: str
  auth_exchange_token:
    description:
      - Whether a task that sends more than 25 requests exchanges user name and password for a token of the service, for O(auth_method=basic). With Basic
        authentication, the service logs in anew for each request.
      - A token that has expired is replaced. If the service gives no token, or does not accept it, the task continues with user name and password.
      - If this option is omitted, the environment variable E(SUPEROFFICE_AUTH_EXCHANGE_TOKEN) is used.
    type: bool
    default: false
  auth_ticket:
    description:
      - Ticket such as V(7T:...), for O(auth_method=soticket). It is sent unchanged.
      - If this option is omitted, the environment variable E(SUPEROFFICE_TICKET) is used.
    type: str
  auth_token:
    description:
      - Token such as V(7A:...), for O(auth_method=bearer).
      - If this option is omitted, the environment variable E(SUPEROFFICE_TOKEN) is used.
    type: str
  auth_cookie:
    description:
      - Value of the C(Cookie) header of a browser session, for O(auth_method=xsrf).
      - If this option is omitted, the environment variable E(SUPEROFFICE_COOKIE) is used.
    type: str
  xsrf_token:
    description:
      - Value of the cookie C(XSRF-TOKEN), for O(auth_method=xsrf).
      - If this option is omitted, the environment variable E(SUPEROFFICE_XSRF_TOKEN) is used.
    type: str
  app_token:
    description:
      - Token that identifies a partner application. It is sent as C(SO-AppToken) with any O(auth_method).
      - If this option is omitted, the environment variable E(SUPEROFFICE_APP_TOKEN) is used.
    type: str
  language:
    description:
      - Language of role names and messages of the service.
      - If this option is omitted, the environment variable E(SUPEROFFICE_LANGUAGE) is used.
    type: str
    default: en
  validate_certs:
    description:
      - Whether the certificate of the server is verified. Passwords are sent over this connection.
      - If this option is omitted, the environment variable E(SUPEROFFICE_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - File or folder with the CA certificates to trust instead of the default ones.
      - If this option is omitted, the environment variable E(SUPEROFFICE_CA_PATH) is used.
    type: path
  client_cert:
    description:
      - File with the client certificate, with or without its key, for servers that require one.
      - If this option is omitted, the environment variable E(SUPEROFFICE_CLIENT_CERT) is used.
    type: path
  client_key:
    description:
      - File with the private key of O(client_cert), without a passphrase.
      - If this option is omitted, the environment variable E(SUPEROFFICE_CLIENT_KEY) is used.
    type: path
  proxy:
    description:
      - URL of the proxy to use. It overrides environment variables such as E(HTTPS_PROXY).
      - If this option is omitted, the environment variable E(SUPEROFFICE_PROXY) is used.
    type: str
  allow_http:
    description:
      - Whether O(url) may be plain HTTP. By default, plain HTTP is refused unless the host is a loopback address, because passwords
        would be sent unencrypted.
      - If this option is omitted, the environment variable E(SUPEROFFICE_ALLOW_HTTP) is used.
    type: bool
    default: false
  timeout:
    description:
      - Seconds to wait for a connection, and for the next bytes of a response.
      - A request as a whole ends after 10 times this value.
      - If this option is omitted, the environment variable E(SUPEROFFICE_TIMEOUT) is used.
    type: float
    default: 30.0
  retries:
    description:
      - How often a request that is safe to repeat is retried, after a pause that grows, or that the service requests.
      - A write is sent again only if it certainly had no effect, or after reading the user has shown that it had none.
      - If this option is omitted, the environment variable E(SUPEROFFICE_RETRIES) is used.
    type: int
    default: 4
requirements:
  - python >= 3.10
  - requests >= 2.28
notes:
  - On a local connection, a task runs in the process of the controller, by an action plugin of the same name. On any other connection,
    with C(become), C(async) or another Python in C(ansible_python_interpreter), it runs as a module. The result is the same. The
    variable C(superoffice_in_process) or the environment variable E(SUPEROFFICE_IN_PROCESS) of the controller switches the in-process
    execution off; C(-vvv) shows which execution path was used and why.
  - Redirects are never followed, because the credentials would be sent to another address.
  - SuperOffice Online does not expose the User agent of the web service. This collection is for onsite installations.
"""
