import { evmErrors } from '../texts.ts';
import type { Frame, RunContext } from './frame.ts';

/** Why this frame may not write, if it may not: below a STATICCALL, or private code that has crossed into public state. */
export function writeRefusal(frame: Frame, context: RunContext): string | undefined {
  if (frame.message.isStatic) return evmErrors.writeProtection;
  return context.host.readOnly ? evmErrors.readOnlyMutation : undefined;
}
