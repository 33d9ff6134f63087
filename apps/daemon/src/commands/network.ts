import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createRandom } from '@isoquorum/platform/node/random';
import { createCommandError } from '../command-error.ts';
import { portsOf } from '../dev/ports.ts';
import { createDevelopmentAccounts } from '../network/accounts.ts';
import { type GeneratedConsensus, generatedConsensus } from '../network/genesis-json.ts';
import { generateNetwork } from '../network/generate.ts';
import { parseChoice, parseInteger } from '../options.ts';

interface GenerateFlags {
  readonly output: string;
  readonly validators: number;
  readonly chainId: number;
  readonly consensus: GeneratedConsensus;
  readonly blockPeriod: number;
  readonly accounts: number;
  readonly host: string;
  readonly portBase?: number;
}

/** `isoquorum network generate`: the files of a new network, and the commands that start it. */
export function addNetworkCommand(program: Command): void {
  const network = program.command('network').description('make the files of a new network');
  network
    .command('generate')
    .description('write genesis, node keys, permission files and manager keys of a new network')
    .option('--output <dir>', 'folder to write; must be empty or new', 'network')
    .option('--validators <n>', 'number of validators', parseInteger('validators', 1, 100), 4)
    .option(
      '--chain-id <id>',
      'chain id (1 is refused: a public signature on chain 1 looks private)',
      parseInteger('chain-id', 2, Number.MAX_SAFE_INTEGER),
      1_337,
    )
    .option(
      '--consensus <engine>',
      generatedConsensus.join(' or '),
      parseChoice('consensus', generatedConsensus),
      'qbft',
    )
    .option(
      '--block-period <seconds>',
      'seconds between blocks; 0: on demand',
      parseInteger('block-period', 0, 3_600),
      1,
    )
    .option(
      '--accounts <n>',
      'funded accounts, with their private keys in accounts.json',
      parseInteger('accounts', 0, 1_000),
      5,
    )
    .option('--host <address>', 'address that the enode URLs name', '127.0.0.1')
    .option('--port-base <port>', 'every port is this one plus something', parseInteger('port-base', 1_024, 65_000))
    .action(async (flags: GenerateFlags) => {
      const root = resolve(flags.output);
      if (existsSync(root) && readdirSync(root).length > 0)
        throw createCommandError('FILE_EXISTS', `${root} is not empty: choose another --output`, { root });
      const random = createRandom();
      const { files, members } = await generateNetwork(
        root,
        {
          chainId: flags.chainId,
          consensus: flags.consensus,
          blockPeriodSeconds: flags.blockPeriod,
          accounts: createDevelopmentAccounts(flags.accounts, random),
          validators: flags.validators,
          ports: (index) => portsOf(index, flags.portBase),
          host: flags.host,
        },
        random,
      );
      console.log(`${root}: genesis.json, ${members.length} nodes and their managers. Start each member with:`);
      for (const [index, member] of members.entries()) {
        const ports = portsOf(index, flags.portBase);
        const paths = files.member(index);
        const raftPort = flags.consensus === 'raft' ? ` --raftport ${ports.tcp}` : '';
        console.log(
          `\n# ${member.name}  ${member.address}  enclave key ${member.managerPublicKey}\n` +
            `isoquorum manager --data-dir ${paths.managerDir} --key ${paths.managerKey} --q2t-port ${ports.managerQ2t} --p2p-port ${ports.managerP2p} --third-party-port ${ports.managerThirdParty} --peers http://${flags.host}:${portsOf(0, flags.portBase).managerP2p}/\n` +
            `isoquorum node --genesis ${files.genesis} --data-dir ${paths.nodeDir} --http-port ${ports.http} --ws-port ${ports.ws} --libp2p-tcp-port ${ports.tcp} --libp2p-ws-port ${ports.libp2pWs} --enode-port ${ports.enode}${raftPort} --manager http://127.0.0.1:${ports.managerQ2t}`,
        );
      }
    });
}
