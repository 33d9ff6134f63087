import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { makeDirectory } from '@isoquorum/platform/node/make-directory';
import { nodeKeyToAddress, nodeKeyToEnode } from '@isoquorum/primitives/node-key';
import type { Random } from '@isoquorum/platform/random';
import type { NodePorts } from '../dev/ports.ts';
import { createGenesisJson, type GenesisChoices } from './genesis-json.ts';
import { type NetworkFiles, networkFiles } from './layout.ts';
import { writeManagerKey } from './manager-key.ts';

/** What a generated network is made of. */
export interface NetworkChoices extends GenesisChoices {
  readonly validators: number;
  readonly ports: (index: number) => NodePorts;
  /** Address that the enode URLs name. */
  readonly host: string;
}

/** A generated member: what others need to know of it. */
export interface GeneratedMember {
  readonly name: string;
  readonly enode: string;
  readonly address: string;
  readonly managerPublicKey: string;
}

export interface GeneratedNetwork {
  readonly files: NetworkFiles;
  readonly members: readonly GeneratedMember[];
}

function writePrivate(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Writes a whole network into a folder: genesis, node keys, permission files, manager keys. Private keys are readable by their
 * owner only. Accounts are development accounts with funds in the genesis.
 */
export async function generateNetwork(
  root: string,
  choices: NetworkChoices,
  random: Random,
): Promise<GeneratedNetwork> {
  const files = networkFiles(root);
  makeDirectory(root);
  const members: GeneratedMember[] = [];
  const addresses: Uint8Array[] = [];
  for (let index = 0; index < choices.validators; index += 1) {
    const member = files.member(index);
    makeDirectory(member.nodeDir, 0o700);
    makeDirectory(member.managerDir, 0o700);
    const nodeKey = random.bytes(32);
    writePrivate(member.nodeKey, `${bytesToHex(nodeKey).slice(2)}\n`);
    const ports = choices.ports(index);
    const enode = nodeKeyToEnode(nodeKey, {
      host: choices.host,
      port: ports.enode,
      libp2pPort: ports.tcp,
      // Raft's messages travel over libp2p, too.
      ...(choices.consensus === 'raft' ? { raftPort: ports.tcp } : {}),
    });
    const address = nodeKeyToAddress(nodeKey);
    addresses.push(address);
    members.push({
      name: member.name,
      enode,
      address: bytesToHex(address),
      managerPublicKey: await writeManagerKey(member.managerKey),
    });
  }
  const enodes = members.map((member) => member.enode);
  for (let index = 0; index < choices.validators; index += 1) {
    writeJson(files.member(index).staticNodes, enodes);
    writeJson(files.member(index).permissionedNodes, enodes);
  }
  writeJson(files.genesis, createGenesisJson(choices, addresses));
  writePrivate(files.accounts, `${JSON.stringify(choices.accounts, null, 2)}\n`);
  writePrivate(files.accountKeys, `${JSON.stringify(choices.accounts.map((account) => account.privateKey))}\n`);
  writeJson(join(root, 'members.json'), members);
  return { files, members };
}
