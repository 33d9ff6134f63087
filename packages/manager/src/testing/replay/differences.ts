/** A way in which we answer differently on purpose, matched by what was asked and answered, never by the name of a case. */
export interface Difference {
  readonly code: string;
  readonly method: RegExp;
  readonly path: RegExp;
  /** The recorded answer: `<status> <body>`. */
  readonly recorded: RegExp;
  /** Our answer: `<status> <body>`. */
  readonly ours: RegExp;
  readonly reason: string;
}

const anything = /[^]*/;

export const differences: readonly Difference[] = [
  {
    code: 'TESSERA_RUNTIME_TEXT',
    method: anything,
    path: anything,
    recorded:
      /^500 .*(Index \d+ out of bounds|Cannot invoke|Cannot read|Unexpected char|integer overflow|Unique index or primary key violation)/s,
    ours: /^(400|404|500|201|200) /,
    reason:
      'the text is that of an exception of the Java runtime or the SQL database; ours names the member, or (sendsignedtx twice) repeats the distribution',
  },
  {
    code: 'TESSERA_DIRECTORY_KEPT',
    method: /^POST$/,
    path: /^\/send/,
    recorded: /^404 Recipient not found for key/,
    ours: /^410 Connection error/,
    reason:
      'a manager that does not answer stays in the directory, so its recipients are unreachable (410), not unknown (404)',
  },
  {
    code: 'TESSERA_PARTYINFO_LIST',
    method: /^GET$/,
    path: /^\/partyinfo$/,
    recorded: /^200 /,
    ours: /^200 /,
    reason:
      'a key that one URL announced first is not listed for a second URL that claims it too; and without discovery, parties that a known peer names are not taken up',
  },
  {
    code: 'TESSERA_RESEND_ALL',
    method: /^POST$/,
    path: /^\/(resend|resendBatch|pushBatch)$/,
    recorded: anything,
    ours: /^(404 HTTP 404|500 resend of all payloads is not supported)/,
    reason: 'recovery of whole stores is not built yet',
  },
  {
    code: 'TESSERA_DEFAULT_KEY',
    method: /^POST$/,
    path: /^\/send$/,
    recorded: /^201 .*"sender"/,
    ours: /^201 .*"sender"/,
    reason: 'the default key is the first that is configured; Tessera takes any of its keys',
  },
  {
    code: 'TESSERA_PARTYINFO_ANSWER',
    method: /^POST$/,
    path: /^\/partyinfo$/,
    recorded: /^200 /,
    ours: /^200 /,
    reason: 'the answer is empty where keys are validated, else it names the node only; peers learn nothing from it',
  },
  {
    code: 'TESSERA_ENCLAVE_AWAY',
    method: anything,
    path: anything,
    recorded: /^(500 |200 \{"keys":\[\]\})/,
    ours: /^503 /,
    reason: 'an enclave that is away is always 503, never 500 or an empty list of keys',
  },
];
