import { Command } from 'commander';
import { describeError } from './command-error.ts';
import { addDevCommand } from './commands/dev.ts';
import { addEnclaveCommand } from './commands/enclave.ts';
import { addExportCommand } from './commands/export.ts';
import { addImportCommand } from './commands/import.ts';
import { addInviteCommand } from './commands/invite.ts';
import { addKeygenCommand } from './commands/keygen.ts';
import { addManagerCommand } from './commands/manager.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addNetworkCommand } from './commands/network.ts';
import { addNodeCommand } from './commands/node.ts';
import { addSimulateCommand } from './commands/simulate.ts';

const program = new Command('isoquorum')
  .description('Quorum in TypeScript: permissioned Ethereum with private transactions, in Node and in the browser')
  .version('0.1.0')
  .showHelpAfterError('(isoquorum --help lists the commands)');

for (const add of [
  addDevCommand,
  addNodeCommand,
  addManagerCommand,
  addEnclaveCommand,
  addNetworkCommand,
  addKeygenCommand,
  addImportCommand,
  addExportCommand,
  addInviteCommand,
  addSimulateCommand,
  addMigrateCommand,
]) {
  add(program);
}

try {
  await program.parseAsync();
} catch (error) {
  console.error(describeError(error));
  process.exit(1);
}
