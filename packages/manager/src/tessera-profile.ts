import { defaultRules, type ManagerRules, tessera10Rules } from '@isoquorum/privacy/manager/manager-context';

/** What a manager's HTTP shows differently, version by version (tessera.md 14). */
export interface TesseraProfile {
  readonly rules: ManagerRules;
  /** `/version`. */
  readonly version: string;
  /** `/version/api`, ascending. */
  readonly apiVersions: readonly string[];
  /** Header `tesseraSupportedApiVersions`. */
  readonly supportedVersions: string;
  /** Name of the sender in 2.1 answers. */
  readonly senderMember: 'sender' | 'senderKey';
  /** `GET /receive` with a JSON body exists. */
  readonly hasJsonReceive: boolean;
  /** `/transaction/{hash}/mandatory` exists. */
  readonly hasMandatory: boolean;
  /** A payload that no key here opens: 500 in Tessera, on which GoQuorum ends its process; 404 says the truth: not a party. */
  readonly noRecipientKeyStatus: 404 | 500;
  /** Privacy flags that are no number from 0 to 3 are read as 0, silently; otherwise they are refused. */
  readonly hasLenientFlags: boolean;
}

/**
 * The default: Tessera 24.4's behaviour, as far as it exists here: mandatory recipients (4.0) and resident groups (of 3.0), but no groups made
 * at run time and no CBOR payloads (5.0).
 */
export const tessera244: TesseraProfile = {
  rules: defaultRules,
  version: '24.4.2',
  apiVersions: ['1.0', '2.0', '2.1', '3.0', '4.0'],
  supportedVersions: '2.1,3.0,4.0,v1,v2',
  senderMember: 'senderKey',
  hasJsonReceive: false,
  hasMandatory: true,
  noRecipientKeyStatus: 404,
  hasLenientFlags: false,
};

/** The recorded version. */
export const tessera10: TesseraProfile = {
  ...tessera244,
  rules: tessera10Rules,
  version: '1.0.0',
  apiVersions: ['1.0', '2.0', '2.1'],
  supportedVersions: '2.1,v1,v2',
  senderMember: 'sender',
  hasJsonReceive: true,
  hasMandatory: false,
  noRecipientKeyStatus: 500,
  hasLenientFlags: true,
};
