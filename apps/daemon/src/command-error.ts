import { IsoquorumError } from '@isoquorum/primitives/errors';

export type CommandErrorCode =
  | 'PORT_BUSY'
  | 'OPTION_INVALID'
  | 'FILE_UNREADABLE'
  | 'FILE_UNWRITABLE'
  | 'FILE_EXISTS'
  | 'CHILD_FAILED'
  | 'CHILD_TIMEOUT'
  | 'NETWORK_DIFFERENT'
  | 'ALREADY_RUNNING'
  | 'NOT_RUNNING'
  | 'PAGE_BUILD_FAILED'
  | 'SIMULATION_FAILED'
  | 'RPC_FAILED'
  | 'MIGRATION_REFUSED';

/** An error of the command line: says what is wrong and what to do about it. */
export function createCommandError(
  code: CommandErrorCode,
  message: string,
  fields: Readonly<Record<string, unknown>> = {},
): IsoquorumError<CommandErrorCode> {
  return new IsoquorumError(code, message, fields, 'STOP');
}

/** One line for a person: coded errors by code and text, unexpected ones with their stack. */
export function describeError(error: unknown): string {
  if (error instanceof IsoquorumError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
