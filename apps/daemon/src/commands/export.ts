import type { Command } from 'commander';
import { expectWritable, parseInteger, readOptionFile } from '../options.ts';

interface ExportFlags {
  readonly genesis: string;
  readonly dataDir: string;
  readonly first?: number;
  readonly last?: number;
}

/** `isoquorum export`: what `geth export` writes, byte for byte. */
export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description(
      'write the chain of a data directory as geth export does (block RLPs one after the other; gzip when the name ends in .gz)',
    )
    .argument('<file>', 'chain.rlp or chain.rlp.gz to write')
    .requiredOption('--genesis <file>', 'genesis.json')
    .requiredOption('--data-dir <dir>', 'data directory of a node that is not running')
    .option('--first <number>', 'first block', parseInteger('first', 0, Number.MAX_SAFE_INTEGER))
    .option('--last <number>', 'last block', parseInteger('last', 0, Number.MAX_SAFE_INTEGER))
    .action(async (file: string, flags: ExportFlags) => {
      expectWritable('<file>', file);
      const { exportFile } = await import('@isoquorum/node/node/export-file');
      const written = await exportFile({
        file,
        genesis: readOptionFile('--genesis', flags.genesis),
        dataDir: flags.dataDir,
        ...(flags.first === undefined ? {} : { first: flags.first }),
        ...(flags.last === undefined ? {} : { last: flags.last }),
      });
      console.log(`wrote ${written.blocks} blocks (${written.first} to ${written.last}) to ${file}`);
    });
}
