import { kindMismatch, type ParameterCodec } from './codec.ts';
import { bool, int, text, uint64 } from './scalars.ts';
import { decodeStructure, encodeStructure, field, type Fields } from './structure.ts';

/** How to trace: geth's `TraceConfig`. Without `tracer` the answer is a list of steps. */
export interface TraceConfig {
  readonly DisableMemory?: boolean;
  readonly DisableStack?: boolean;
  readonly DisableStorage?: boolean;
  readonly DisableReturnData?: boolean;
  /** Taken and not used: it prints on the original's console. */
  readonly Debug?: boolean;
  /** Most entries; 0 for no limit. */
  readonly Limit?: number;
  /** Name of a built-in tracer. */
  readonly tracer?: string;
  /** Go's text of a duration. */
  readonly timeout?: string;
  /** Taken and not used: state is at hand, or it is not. */
  readonly reexec?: number;
}

const FIELDS: Fields<TraceConfig> = {
  DisableMemory: field('LogConfig.DisableMemory', bool),
  DisableStack: field('LogConfig.DisableStack', bool),
  DisableStorage: field('LogConfig.DisableStorage', bool),
  DisableReturnData: field('LogConfig.DisableReturnData', bool),
  Debug: field('LogConfig.Debug', bool),
  Limit: field('LogConfig.Limit', int),
  tracer: field('Tracer', text),
  timeout: field('Timeout', text),
  reexec: field('Reexec', uint64),
};

function traceConfigCodec(goType: string): ParameterCodec<TraceConfig> {
  const structure = goType.slice(goType.indexOf('.') + 1);
  return {
    goType,
    form: 'trace options `{disableMemory, disableStack, disableStorage, limit, tracer, timeout}`',
    optional: false,
    decode: (json) => {
      if (typeof json !== 'object') throw kindMismatch(json, goType);
      return decodeStructure<TraceConfig>(json, structure, goType, FIELDS);
    },
    encode: (value) => encodeStructure(value, FIELDS),
  };
}

export const traceConfig: ParameterCodec<TraceConfig> = traceConfigCodec('tracers.TraceConfig');
/** For a call instead of a transaction; state overrides are taken and not used, as in `eth_call`. */
export const traceCallConfig: ParameterCodec<TraceConfig> = traceConfigCodec('tracers.TraceCallConfig');
