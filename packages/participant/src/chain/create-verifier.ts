import { bftAuthor, bftCommitters, verifyBftHeader } from '@isoquorum/consensus/header';
import { type HeaderRules, quorumAt } from '@isoquorum/consensus/header-rules';
import { isUnsafeQuorum } from '@isoquorum/consensus/quorum';
import { createRecoverCache } from '@isoquorum/consensus/recover-cache';
import { genesisSnapshot, nextSnapshot, type Snapshot, validatorContractAt } from '@isoquorum/consensus/snapshot';
import { type SnapshotJson, snapshotFromJson, snapshotToJson } from '@isoquorum/consensus/snapshot-json';
import type { Address } from '@isoquorum/primitives/bytes';
import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import { bftAlgorithmAt, bftConfigAt, selectEngine } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { type Header, headerHash } from '@isoquorum/primitives/header';
import { decodeQbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { participantError } from '../errors.ts';
import type { CheckedHeader, HeaderVerifier } from './header-verifier.ts';

/** Seconds that a header may be ahead of this machine's clock, which nobody keeps exact. */
const allowedFutureSeconds = 15n;

/** Chains of the old section `istanbul` do not say their period: nodes are told by a flag, and a page takes the least that there is. */
const legacyBlockPeriodSeconds = 1;

export interface VerifierOptions {
  readonly config: ChainConfig;
  readonly genesisHeader: Header;
  /** What the contract says on the genesis state, where one names the first validators. */
  readonly genesisValidators?: readonly Address[] | undefined;
  /** Where to go on, from {@link HeaderVerifier.encode}; from the genesis when absent. */
  readonly resume?: { readonly header: Header; readonly state: Uint8Array };
}

/**
 * Checks every header with all its seals: the author in the parent's set, a full quorum of distinct validators by the chain's rule at
 * that height, the link to the parent, and follows the votes that change the set.
 * @throws CHAIN_NOT_SUPPORTED for chains that a page cannot check
 */
export function createHeaderVerifier(options: VerifierOptions): HeaderVerifier {
  const { config, genesisHeader, resume } = options;
  checkSupported(config);
  const recover = createRecoverCache();
  const snapshotRules = { config, recover, profile: 'strict' } as const;
  let snapshot: Snapshot =
    resume === undefined
      ? genesisSnapshot(genesisHeader, snapshotRules, options.genesisValidators)
      : decodeState(resume.state);
  let head: HeaderVerifier['head'] = (() => {
    const header = resume?.header ?? genesisHeader;
    return { header, hash: headerHash(header) };
  })();

  const describe = (header: Header): Pick<CheckedHeader, 'author' | 'sealers' | 'round'> => ({
    author: bftAuthor(header, config, recover) ?? header.coinbase,
    sealers: header.number === 0 ? [] : bftCommitters(header, config, recover).filter((sealer) => sealer !== undefined),
    round: roundOf(header, config),
  });

  /** Does what may be refused, and says why in words. */
  function explained<T>(header: Header, act: () => T): T {
    const { validators } = snapshot;
    try {
      return act();
    } catch (error) {
      if (!isIsoquorumError(error)) throw error;
      throw explain(error, header, validators.length, quorumAt(config, header.number, validators.length));
    }
  }

  function check(header: Header, nowSeconds: number): void {
    const rules: HeaderRules = {
      profile: 'strict',
      config,
      recover,
      nowSeconds: BigInt(nowSeconds),
      allowedFutureSeconds,
      legacyBlockPeriodSeconds,
      seals: 'checked',
    };
    explained(header, () => verifyBftHeader(header, head.header, snapshot.validators, rules));
  }

  function accept(header: Header, nowSeconds: number, chosen?: readonly Address[]): CheckedHeader {
    check(header, nowSeconds);
    const { validators } = snapshot;
    const quorum = quorumAt(config, header.number, validators.length);
    const isByContract = validatorContractAt(config, header.number) !== undefined;
    if (isByContract && chosen === undefined) throw contractUnasked(header.number);
    const next = explained(header, () =>
      nextSnapshot(snapshot, header, snapshotRules, isByContract ? chosen : undefined),
    );
    const parentRoot = head.header.stateRoot;
    snapshot = next;
    head = { header, hash: next.hash };
    return { header, hash: next.hash, parentRoot, validators, quorum, ...describe(header) };
  }

  return {
    get head() {
      return head;
    },
    get validators() {
      return snapshot.validators;
    },
    get quorum() {
      return quorumAt(config, head.header.number + 1, snapshot.validators.length);
    },
    contractAt: (number) => validatorContractAt(config, number),
    check,
    accept,
    describe,
    encode: () => utf8ToBytes(JSON.stringify(snapshotToJson(snapshot, config))),
  };
}

function decodeState(state: Uint8Array): Snapshot {
  return snapshotFromJson(JSON.parse(bytesToUtf8(state, 'verifierState')) as SnapshotJson);
}

function contractUnasked(number: number): Error {
  return participantError(
    'VALIDATORS_UNKNOWN',
    `A contract chooses the validators after block ${number}, and what it says there was not proved.`,
    { number },
  );
}

function checkSupported(config: ChainConfig): void {
  if (bftAlgorithmAt(config, 1) !== undefined) return;
  const engine = selectEngine(config) === 'clique' ? 'Clique' : 'Raft';
  const why =
    engine === 'Clique'
      ? 'one signature each, so that a block may still be replaced by another'
      : 'no proof that the cluster agreed on them: its log is not on the chain';
  throw participantError(
    'CHAIN_NOT_SUPPORTED',
    `This is a ${engine} chain. Its headers carry ${why}. A page cannot check it; connect to a node that you trust instead.`,
    { engine },
    'STOP',
  );
}

/** The round in which a QBFT block was decided; IBFT headers do not say. */
function roundOf(header: Header, config: ChainConfig): number {
  return bftAlgorithmAt(config, header.number) === 'qbft' ? decodeQbftExtra(header.extraData).round : 0;
}

/** Set when two quorums of the set need not share a correct validator (decision 7). */
export function quorumWarning(config: ChainConfig, number: number, validators: readonly Address[]): string | undefined {
  const rule = bftConfigAt(config, number)?.isCeil2NBy3 === false ? '2F+1' : 'ceil2N/3';
  if (!isUnsafeQuorum(validators.length, rule)) return undefined;
  return `By this chain's rule two quorums of its ${validators.length} validators need not share a correct one, so that traitors among them could make two blocks final at one height.`;
}

/** Gives a header's refusal a text that a person can read; code and fields stay. */
function explain(error: IsoquorumError, header: Header, validatorCount: number, quorum: number): IsoquorumError {
  const text = explanation(error, header, validatorCount, quorum);
  return text === undefined
    ? error
    : new IsoquorumError(error.code, text, error.fields, error.reaction, { cause: error });
}

function explanation(
  error: IsoquorumError,
  header: Header,
  validatorCount: number,
  quorum: number,
): string | undefined {
  const { number } = header;
  const { fields } = error;
  const signer = typeof fields['signer'] === 'string' ? fields['signer'] : undefined;
  switch (error.code) {
    case 'SEALS_MISSING':
      return `Block ${number} carries no seal at all; ${quorum} of ${validatorCount} are needed.`;
    case 'SEALS_BELOW_QUORUM':
      return `Block ${number} carries ${Number(fields['seals'])} seals of ${validatorCount} validators; ${quorum} are needed.`;
    case 'SEAL_BY_STRANGER':
      return `Block ${number} carries a seal of ${signer ?? 'somebody'}, which is not a validator.`;
    case 'SEAL_DUPLICATE':
      return signer === undefined
        ? `Block ${number} carries more seals than there are validators.`
        : `Block ${number} carries two seals of ${signer}.`;
    case 'SEAL_UNRECOVERABLE':
      return `Block ${number} carries a seal that nobody can have made.`;
    case 'AUTHOR_UNAUTHORIZED':
      return `Block ${number} was made by somebody who is not a validator.`;
    case 'UNKNOWN_PARENT':
      return `Block ${number} does not follow the block that was checked before it.`;
    case 'BLOCK_IN_FUTURE':
      return `Block ${number} is dated in the future of this machine's clock.`;
    case 'VALIDATOR_LIST_MISMATCH':
      return `Block ${number} names other validators than the chain has.`;
    default:
      return undefined;
  }
}
