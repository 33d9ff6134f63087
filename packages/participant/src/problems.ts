import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { ProblemView } from './participant-view.ts';

/** What a person can do about the errors that a page may show. */
/** Texts in place of those that are written for logs. */
const messages: Readonly<Record<string, string>> = {
  NOT_ADMITTED: 'This browser is not on the list of the network.',
  INVITATION_INVALID: 'The invitation in this address cannot be read.',
  INVITATION_SIGNATURE_INVALID: 'The invitation in this address was not made by the node that it names.',
  INVITATION_USED: 'The invitation in this address was used before.',
  INVITATION_EXPIRED: 'The invitation in this address is too old.',
  DIAL_FAILED: 'The validator that made the invitation cannot be reached.',
};

const advice: Readonly<Record<string, string>> = {
  GENESIS_MISMATCH:
    'Do not trust this server: it describes another network than your invitation. Ask for a new address.',
  CHAIN_NOT_SUPPORTED: 'Use a node for this network; a page can only follow chains whose headers carry their proof.',
  NO_INVITATION:
    'Ask an operator for an invitation (isoquorum invite) and open the address that it prints, or start one with npm start.',
  INVITATION_INVALID: 'The address was cut or changed on its way. Copy it again, or ask for a new invitation.',
  INVITATION_SIGNATURE_INVALID: 'The invitation was not made by the node that it names. Ask for a new one.',
  INVITATION_EXPIRED: 'Ask for a new invitation.',
  INVITATION_USED: 'An invitation works once. Ask for a new one for this browser.',
  NOT_ADMITTED:
    'It was removed, or never admitted. Ask an operator for a new invitation; what was checked before stays readable.',
  INVITATION_REFUSED: 'Open the address that npm start, or isoquorum invite, prints now.',
  DIAL_FAILED: 'Check that the network is running and reachable from here, then open the address again.',
  FILE_NOT_SERVED: 'Check that the network is running, then reload.',
  NO_VALIDATORS: 'Check that the network is running and reachable from here. The page keeps trying.',
  NOT_SERVED: 'Try again in a moment, or connect to another validator.',
  WITNESS_INCOMPLETE: 'Try again in a moment. If it happens again, the validators no longer have this state.',
  PRIVATE_STATE_BEHIND: 'It goes on by itself when the home answers. Nothing is lost.',
  RECIPIENT_UNKNOWN: 'Nothing was sent. Check the key, or wait until its party appears in the directory.',
  RECIPIENT_UNREACHABLE: 'Nothing was put on the chain. Try again when the recipient, or its manager, is back.',
  RECIPIENT_REFUSED: 'Nothing was put on the chain. The recipient would not take the payload; ask its operator.',
  PARTY_CONFLICT:
    'Nothing was sent. Two parties claim this key: ask its owner on another way which statement is right.',
  NO_HOME: 'Choose a home under My party, or wait until one is connected.',
  VALUE_IN_PRIVATE: 'Leave the value out: private transactions move no ether.',
  SILENT_DOWNGRADE: 'Say for whom it is (privateFor), or remove what makes it look private.',
  ACCOUNT_UNKNOWN: 'Use one of the accounts under My party.',
  NOT_INCLUDED: 'It may still be included. If not, check that the validators are running and send it again.',
  EXECUTION_REVERTED: 'Nothing was sent. The contract refuses this call.',
  STORE_FAILED: 'The browser could not write to its storage. Free some space and reload.',
  STORE_OPEN_FAILED:
    'The browser gave no storage, perhaps because private browsing is on. Open the page in an ordinary tab.',
};

/** Any thrown value as a coded problem with advice. */
export function toProblemView(error: unknown): ProblemView {
  if (isIsoquorumError(error)) {
    const plain = Object.fromEntries(Object.entries(error.fields).map(([key, value]) => [key, toPlain(value)]));
    return {
      code: error.code,
      message: messages[error.code] ?? error.message,
      advice: advice[error.code] ?? fallback,
      fields: plain,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'UNEXPECTED', message, advice: fallback, fields: {} };
}

const fallback = 'Try again. If it happens again, reload the page: keys and state are kept.';

function toPlain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
