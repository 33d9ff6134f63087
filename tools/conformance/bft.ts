import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bftAuthor, bftCommitters } from '@isoquorum/consensus/header';
import {
  decodeIbftMessage,
  encodeIbftMessage,
  ibftFrameCode,
  ibftSigningBytes,
} from '@isoquorum/consensus/ibft/message';
import { type ProposerPolicy, proposerOf } from '@isoquorum/consensus/proposer';
import { decodeQbftMessage, encodeQbftMessage, qbftSigningBytes } from '@isoquorum/consensus/qbft/message-codec';
import { qbftSigner } from '@isoquorum/consensus/qbft/signing';
import { faultsOf, quorumOf } from '@isoquorum/consensus/quorum';
import { recoverAddress } from '@isoquorum/consensus/recover-cache';
import { replayNode } from '@isoquorum/consensus/testing/replay';
import type { RecordedMessage, Recording } from '@isoquorum/consensus/testing/recordings';
import { orderValidators } from '@isoquorum/consensus/validator-set';
import { addressToChecksum } from '@isoquorum/primitives/address';
import { blockHash, decodeBlock, encodeBlock } from '@isoquorum/primitives/block';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bftAlgorithmAt } from '@isoquorum/primitives/genesis/bft-config';
import { createGenesisHeader, genesisAlloc, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { createGenesisState } from '@isoquorum/execution/state/genesis-state';
import { bareHexToBytes, bytesToBareHex, bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { headerHash } from '@isoquorum/primitives/header';
import { ibftCommitDigest, qbftCommitDigest } from '@isoquorum/primitives/istanbul-seal';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import { CaseSkip, expectEqual, expectThat, isWanted, runCase } from './check.ts';
import { listFolder, readJson } from './files.ts';

const INPUT_MISSING = 'the recording does not tell what the input was, or at which head the engine stood';

interface BftCase {
  readonly name: string;
  readonly run: () => void;
}

type Wire = RecordedMessage & {
  readonly p2pPayload?: string;
  readonly gossipKey?: string;
  readonly committedSeal?: string;
};

function checksum(bytes: Uint8Array | undefined): string | undefined {
  return bytes && addressToChecksum(bytes);
}

function checkUndecodable(message: Wire): void {
  try {
    decodeIbftMessage(bareHexToBytes(message.wire));
  } catch (error) {
    expectThat(isIsoquorumError(error), `refused by ${String(error)}`);
    return;
  }
  expectThat(false, 'decoded, but the original could not');
}

function checkIbftMessage(message: Wire): void {
  const bytes = bareHexToBytes(message.wire);
  const decoded = decodeIbftMessage(bytes);
  expectEqual(bytesToBareHex(encodeIbftMessage(decoded)), message.wire, 'the encoding');
  expectEqual(bytesToBareHex(encodeRlp(bytes)), message.p2pPayload, 'the devp2p payload');
  expectEqual(bytesToBareHex(ibftSigningBytes(decoded)), message.signingBytes, 'the signed part');
  expectEqual([decoded.height, decoded.round], [message.sequence, message.round], 'the view');
  const signer = recoverAddress(keccak256(ibftSigningBytes(decoded)), decoded.signature);
  expectEqual(checksum(signer), message.signer, 'the signer');
  if (decoded.type !== 'commit') return;
  expectEqual(bytesToBareHex(decoded.committedSeal), message.committedSeal, 'the committed seal');
  const sealer = recoverAddress(ibftCommitDigest(decoded.digest), decoded.committedSeal);
  expectEqual(checksum(sealer), message.signer, 'the signer of the committed seal');
}

function checkQbftMessage(message: Wire, recording: Recording): void {
  const decoded = decodeQbftMessage(message.code, bareHexToBytes(message.wire));
  // A copy is encoded anew: the decoder remembers the bytes of what it decoded.
  const copy = structuredClone(decoded);
  expectEqual(bytesToBareHex(encodeQbftMessage(copy)), message.wire, 'the encoding');
  expectEqual(bytesToBareHex(qbftSigningBytes(copy)), message.signingBytes, 'the signed part');
  expectEqual(bytesToBareHex(copy.signature), message.signature, 'the signature');
  expectEqual([copy.height, copy.round], [message.sequence, message.round], 'the view');
  expectEqual(checksum(qbftSigner(copy, recoverAddress)), message.signer, 'the signer');
  if (copy.type === 'prePrepare' || copy.type === 'roundChange') {
    const parts = [...copy.prepares, ...(copy.type === 'prePrepare' ? copy.roundChanges : [])];
    for (const part of parts)
      expectThat(qbftSigner(part, recoverAddress) !== undefined, 'a part of the justification has no signer');
  }
  if (copy.type !== 'commit' || message.commitSeal === undefined) return;
  const proposal = recording.proposals.find(({ hash }) => hash === bytesToHex(copy.digest));
  if (proposal === undefined) return;
  const digest = qbftCommitDigest(decodeBlock(bareHexToBytes(proposal.rlp)).header, copy.round);
  expectEqual(bytesToBareHex(digest), message.commitSealDigest, 'the digest of the commit seal');
  expectEqual(checksum(recoverAddress(digest, copy.commitSeal)), message.signer, 'the signer of the commit seal');
}

function checkMessage(message: Wire, recording: Recording): void {
  if (message.type === 'undecodable') checkUndecodable(message);
  else if (message.code === ibftFrameCode) checkIbftMessage(message);
  else checkQbftMessage(message, recording);
  if (message.gossipKey !== undefined && message.type !== 'undecodable') {
    expectEqual(
      bytesToBareHex(keccak256(encodeRlp(bareHexToBytes(message.wire)))),
      message.gossipKey,
      'the gossip key',
    );
  }
}

function checkBlock(recorded: Recording['blocks'][number], recording: Recording): void {
  const block = decodeBlock(bareHexToBytes(recorded.rlp));
  expectEqual(bytesToBareHex(encodeBlock(block)), recorded.rlp, 'the encoding');
  expectEqual(bytesToHex(blockHash(block)), recorded.hash, 'the hash');
  const { config } = parseGenesis(recording.genesis);
  if (block.header.number === 0 || bftAlgorithmAt(config, block.header.number) === undefined) return;
  if (recorded.author !== undefined) {
    const author = bftAuthor(block.header, config, recoverAddress);
    expectEqual(author && bytesToHex(author), recorded.author.toLowerCase(), 'the author');
  }
  if (recorded.committers !== undefined) {
    // A set: the order of seals in a header is not determined.
    const committers: string[] = bftCommitters(block.header, config, recoverAddress).map((address) =>
      address === undefined ? 'nobody' : bytesToHex(address),
    );
    const expected = recorded.committers.map((address) => address.toLowerCase());
    expectEqual(committers.toSorted(), expected.toSorted(), 'the set of committers');
  }
}

function checkGenesis(recording: Recording): void {
  const genesis = parseGenesis(recording.genesis);
  const { root } = createGenesisState(genesisAlloc(genesis));
  expectEqual(
    bytesToHex(headerHash(createGenesisHeader(genesis, root))),
    recording.genesisHash,
    'the hash of the genesis',
  );
}

/** Replay of one node: one case for each event of its trace, in order. */
function* replayCases(title: string, recording: Recording, index: number): Generator<BftCase> {
  const events = recording.nodes.find((node) => node.index === index)?.trace.filter(({ k }) => k === 'event') ?? [];
  const replayed = new Map<number, ReturnType<typeof replayNode>[number]>();
  let failure: unknown;
  try {
    for (const event of replayNode(recording, index)) replayed.set(event.entry.n, event);
  } catch (error) {
    failure = error;
  }
  for (const entry of events) {
    const name = `${title} node ${index} event ${entry.n} ${entry.event}`;
    yield {
      name,
      run: () => {
        if (failure !== undefined) throw failure;
        const event = replayed.get(entry.n);
        if (event === undefined) throw new CaseSkip(INPUT_MISSING);
        expectEqual(event.replayed.error, event.recorded.error, 'the error');
        expectEqual(event.replayed.outputs.length, event.recorded.outputs.length, 'the number of outputs');
        for (const [at, output] of event.recorded.outputs.entries())
          expectEqual(event.replayed.outputs[at], output, `output ${at}`);
      },
    };
  }
}

function* recordingCases(title: string, recording: Recording): Generator<BftCase> {
  yield { name: `${title} genesis`, run: () => checkGenesis(recording) };
  for (const message of recording.messages) {
    yield { name: `${title} message ${message.id} ${message.type}`, run: () => checkMessage(message, recording) };
  }
  for (const { id, hash, rlp } of recording.proposals) {
    yield {
      name: `${title} proposal ${id}`,
      run: () => {
        const block = decodeBlock(bareHexToBytes(rlp));
        expectEqual(bytesToBareHex(encodeBlock(block)), rlp, 'the encoding');
        expectEqual(bytesToHex(blockHash(block)), hash, 'the hash');
      },
    };
  }
  for (const block of recording.blocks) {
    yield { name: `${title} block ${block.number}`, run: () => checkBlock(block, recording) };
  }
  for (const { index } of recording.nodes) {
    yield* replayCases(title, recording, index);
  }
}

interface ProposerCase {
  readonly engine: 'ibft' | 'qbft';
  readonly policy: ProposerPolicy;
  readonly validators: readonly string[];
  readonly lastProposer: string;
  readonly round: number;
  readonly proposer: string;
  readonly quorum: number;
  readonly f: number;
}

function checkProposer(recorded: ProposerCase): void {
  const listed = recorded.validators.map((address) => hexToBytes(address));
  const validators = orderValidators(listed.toReversed(), recorded.engine);
  expectEqual(validators.map(checksum), recorded.validators, 'the order of validators');
  const proposer = proposerOf(validators, hexToBytes(recorded.lastProposer), recorded.round, recorded.policy);
  expectEqual(checksum(proposer), recorded.proposer, 'the proposer');
  expectEqual(quorumOf(listed.length, 'ceil2N/3'), recorded.quorum, 'the quorum');
  expectEqual(faultsOf(listed.length), recorded.f, 'F');
}

function* allCases(path: string): Generator<BftCase> {
  for (const engine of ['qbft', 'ibft']) {
    const folder = join(path, engine);
    for (const file of listFolder(folder).filter((name) => /\.json(\.gz)?$/.test(name))) {
      const title = `${engine}/${file.replace(/\.json(\.gz)?$/, '')}`;
      yield* recordingCases(title, readJson<Recording>(join(folder, file)));
    }
  }
  const proposers = join(path, 'proposers.json');
  if (!existsSync(proposers)) return;
  for (const [index, recorded] of readJson<{ cases: readonly ProposerCase[] }>(proposers).cases.entries()) {
    yield { name: `proposers ${index} ${recorded.engine}`, run: () => checkProposer(recorded) };
  }
}

/** Suite `bft`: recorded IBFT and QBFT messages, blocks, proposers, and the replay of every node's events. */
export async function* bftSuite(path: string, options: SuiteOptions): AsyncGenerator<CaseResult> {
  for (const { name, run } of allCases(path)) {
    if (isWanted(name, options)) yield await runCase(name, run);
  }
}
