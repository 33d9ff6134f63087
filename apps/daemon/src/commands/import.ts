import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { LatePayloadsReport } from '@isoquorum/node/import/late-payloads';
import { createCommandError } from '../command-error.ts';
import { expectWritable, parseChoice, readOptionFile } from '../options.ts';
import { createProgressBar } from '../progress-bar.ts';

interface ImportFlags {
  readonly genesis: string;
  readonly payloads?: string;
  readonly managerData?: string;
  readonly psi?: string;
  readonly rules: 'strict' | 'goquorum';
  readonly evm: 'fast' | 'reference';
  readonly dataDir?: string;
  readonly gcmode: 'archive' | 'full';
  readonly report?: string;
}

/** What the last line of an import says of payloads that came after their blocks. */
function describeLate({ found, executed, missing, failed }: LatePayloadsReport): string {
  const [first] = failed;
  const failures =
    first === undefined
      ? ''
      : `, ${failed.length} could not be asked for now, and will be next time (${first.digest}, block ${first.block}: ${first.reason})`;
  return `payloads of blocks that had been executed without them: ${found} found, ${executed} executed now, ${missing} still missing (not given, or of others)${failures}`;
}

/** `isoquorum import`: the chain that `geth export` wrote, checked and executed as a node does (interfaces.md 3). */
export function addImportCommand(program: Command): void {
  program
    .command('import')
    .description('import a chain that geth export wrote: every header, seal, body, receipt, bloom and root is checked')
    .argument('<chain>', 'chain.rlp or chain.rlp.gz')
    .requiredOption('--genesis <file>', 'genesis.json as GoQuorum reads it')
    .option('--payloads <file>', 'JSON: payload hash → answer of the party’s manager')
    .option(
      '--manager-data <dir>',
      'folder of a recorded node (payloads.json, payload-details.json, raw-payloads.json)',
    )
    .option('--psi <name>', 'private state identifier')
    .option(
      '--rules <profile>',
      'strict, or goquorum: accept what GoQuorum 24.4.1 accepts',
      parseChoice('rules', ['strict', 'goquorum']),
      'strict',
    )
    .option(
      '--evm <engine>',
      'fast, or reference: @ethereumjs/evm, the oracle of public rules',
      parseChoice('evm', ['fast', 'reference']),
      'fast',
    )
    .option('--data-dir <dir>', 'keep the chain here, for `isoquorum node`; without it the import works in memory')
    .option(
      '--gcmode <mode>',
      'archive keeps the states of all blocks, full those of the newest 128 (private states too)',
      parseChoice('gcmode', ['archive', 'full']),
      'archive',
    )
    .option('--report <file>', 'write what was imported, block by block, as JSON')
    .action(async (file: string, flags: ImportFlags) => {
      if (!existsSync(file))
        throw createCommandError(
          'FILE_UNREADABLE',
          `${file} does not exist: give the chain.rlp or chain.rlp.gz to import`,
          { file },
        );
      if (flags.report !== undefined) expectWritable('--report', flags.report);
      const [{ importFile }, { createLogger }] = await Promise.all([
        import('@isoquorum/node/node/import-file'),
        import('@isoquorum/platform/node/logger'),
      ]);
      const bar = createProgressBar();
      const report = await importFile({
        file,
        genesis: readOptionFile('--genesis', flags.genesis),
        ...(flags.payloads === undefined ? {} : { payloadsFile: flags.payloads }),
        ...(flags.managerData === undefined ? {} : { managerDataDir: flags.managerData }),
        ...(flags.psi === undefined ? {} : { psi: flags.psi }),
        ...(flags.dataDir === undefined ? {} : { dataDir: flags.dataDir }),
        rules: flags.rules,
        gcMode: flags.gcmode,
        evm: flags.evm,
        logger: createLogger({ level: 'warn' }),
        onProgress: (progress) => bar.update(progress),
      });
      bar.end();
      if (flags.report !== undefined) writeFileSync(flags.report, `${JSON.stringify(report, null, 1)}\n`);
      const { alreadyThere } = report;
      const there = alreadyThere === 0 ? '' : ` (${alreadyThere} more were there)`;
      console.log(
        `imported ${report.blocks.length - alreadyThere} blocks${there} to ${report.head.number} (${report.head.hash}) in ${report.seconds.toFixed(2)} s: ${Math.round(report.transactionsPerSecond)} tx/s, ${report.megagasPerSecond.toFixed(1)} Mgas/s`,
      );
      if (report.payloads !== undefined) console.log(describeLate(report.payloads));
    });
}
