// Copyright (c) 2026, the superoffice.crm authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Drives the vendor's own client (npm @superoffice/webapi) against the server of SUPEROFFICE_URL,
// and prints what it understood as one JSON object. It knows nothing of the embedded server.

import { createRequire } from "node:module";

// The package's ESM build imports without file extensions, which node refuses.
const { UserAgent, ArchiveAgent, PersonRestApi } = createRequire(import.meta.url)(
  "@superoffice/webapi",
);

const env = process.env;
const axiosConfig = {
  auth: { username: env.SUPEROFFICE_USERNAME, password: env.SUPEROFFICE_PASSWORD },
  timeout: 10000,
  proxy: false,
};
const baseUrl = `${env.SUPEROFFICE_URL}/api`;
const options = { baseUrl, axiosConfig, languageCode: "en" };
const users = new UserAgent(options);
const archives = new ArchiveAgent({ ...options });
const persons = new PersonRestApi({ ...options });
const personId = Number(env.PERSON_ID);
const password = env.NEW_PASSWORD;
const MODIFY_ROLE_AND_ACTIVE = 4 | 8;

/** Return what a call that must fail says. */
async function refusal(call) {
  try {
    return { resolved: await call };
  } catch (error) {
    return { status: error.response?.status, body: error.response?.data };
  }
}

const result = {};
result.roles = await users.getAllRolesAsync("ExternalUser");
result.nameIsFree = await users.isUserNameValidAsync(0, "ExternalAssociate", personId, "vendor");
result.weak = await users.isPasswordValidWithReasonAsync(0, "ExternalAssociate", personId, "weak");
result.created = await users.createExternalUserAsync(personId, "vendor", password, 5, true);
result.user = await users.getUserAsync(result.created);
result.byName = await users.getUserFromNameAsync("VENDOR");
result.byPerson = await users.getUserFromPersonIdAsync(personId);
result.modified = await users.setExternalUserInfoAsync(
  result.created, "", "", false, 7, MODIFY_ROLE_AND_ACTIVE,
);
result.info = await users.getUserInfoAsync(result.created);
result.infos = await users.getUserInfoListAsync([result.created, 1]);
result.rows = await archives.getArchiveListByColumnsAsync(
  "ExternalUsers",
  ["userName", "role", "isActive", "personId"],
  [{ name: "userName", direction: "DESC" }],
  [{ name: "userName", operator: "begins", values: ["v"], isActive: true, interOperator: "And" }],
  ["all"], 0, 10,
);
result.textRows = await archives.getArchiveListByColumns2Async(
  "ExternalUsers", "userName", "userName asc", "userName = 'vendor'", "all", 0, 10,
);
result.person = await persons.getByIdAsync(personId);
result.duplicate = await refusal(
  users.createExternalUserAsync(personId, "vendor", password, 5, true),
);
result.unknown = await refusal(users.getUserAsync(99999));
result.passwordSet = await users.setPasswordAsync(result.created, password + "2");
result.generated = typeof (await users.generateNewPasswordForExternalUserAsync("vendor"));
result.deleted = await users.deleteExternalUserAsync(result.created);
result.gone = await users.getUserFromPersonIdAsync(personId);
console.log(JSON.stringify(result));
