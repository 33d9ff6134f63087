import type { Command } from 'commander';
import { type DevOptions, startDevNetwork, writeNetworkJson } from '../dev/dev-network.ts';
import { startPlayground } from '../dev/playground.ts';
import { playgroundPort } from '../dev/ports.ts';
import { endpointTable } from '../dev/table.ts';
import { type GeneratedConsensus, generatedConsensus } from '../network/genesis-json.ts';
import { runUntilStopped } from '../lifecycle.ts';
import { parseChoice, parseInteger } from '../options.ts';

interface DevFlags {
  readonly validators?: number;
  readonly consensus: GeneratedConsensus;
  readonly blockPeriod: number;
  readonly dataDir: string;
  readonly portBase?: number;
  readonly fresh: boolean;
  readonly playground: boolean;
  readonly rules: 'strict' | 'goquorum';
  readonly restart: boolean;
}

/** `isoquorum dev`: a whole network on this machine, with the playground. */
export function addDevCommand(program: Command): void {
  program
    .command('dev')
    .description('run a local network (every validator and every manager a process of its own) and the playground page')
    .option('--validators <n>', 'number of validators; default 4, of Raft 3', parseInteger('validators', 1, 22))
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
    .option('--data-dir <dir>', 'where the network lives', '.isoquorum/dev')
    .option('--port-base <port>', 'every port is this one plus something', parseInteger('port-base', 1_024, 65_000))
    .option('--fresh', 'delete the network in the data directory and begin anew', false)
    .option('--no-playground', 'do not build and serve the page')
    .option(
      '--rules <profile>',
      'strict, or goquorum: accept what GoQuorum 24.4.1 accepts',
      parseChoice('rules', ['strict', 'goquorum']),
      'strict',
    )
    .option('--no-restart', 'leave a process down that dies (by default it is started again after 5 s)')
    .action(async (flags: DevFlags) => {
      const started = performance.now();
      const say = (what: string): void =>
        console.log(`[${((performance.now() - started) / 1_000).toFixed(1).padStart(5)} s] ${what}`);
      const options: DevOptions = {
        validators: flags.validators ?? (flags.consensus === 'raft' ? 3 : 4),
        consensus: flags.consensus,
        blockPeriodSeconds: flags.blockPeriod,
        dataDir: flags.dataDir,
        portBase: flags.portBase,
        fresh: flags.fresh,
        playground: flags.playground,
        rules: flags.rules,
        restart: flags.restart,
      };
      const starting = startDevNetwork(options, say);
      // The page is built while the processes start; its failure must not leave them behind.
      const page = flags.playground ? startPlayground(starting, playgroundPort(flags.portBase), say) : undefined;
      const [network, served] = await Promise.allSettled([starting, page]);
      if (network.status === 'rejected' || served.status === 'rejected') {
        if (served.status === 'fulfilled') await served.value?.();
        if (network.status === 'fulfilled') await network.value.stop();
        throw network.status === 'rejected' ? network.reason : (served as PromiseRejectedResult).reason;
      }
      const json = network.value.json();
      writeNetworkJson(network.value.files, json);
      console.log(`\n${endpointTable(json, network.value.files)}\n`);
      console.log(`Ready in ${((performance.now() - started) / 1_000).toFixed(1)} s`);
      await runUntilStopped({
        info: json,
        stop: async () => {
          console.log('stopping every process…');
          await served.value?.();
          await network.value.stop();
        },
      });
    });
}
