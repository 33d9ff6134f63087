import type { ProblemView } from '@isoquorum/participant/participant-view';

interface CodedError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly data?: { readonly code?: unknown; readonly advice?: unknown; readonly fields?: unknown };
}

/** Any thrown value as a problem that can be shown; our own errors keep their code and advice. */
export function toProblem(error: unknown): ProblemView {
  const { code, message, data } = (typeof error === 'object' && error !== null ? error : {}) as CodedError;
  const text = typeof message === 'string' && message !== '' ? message : String(error);
  const ownCode = typeof data?.code === 'string' ? data.code : typeof code === 'string' ? code : 'UNEXPECTED';
  const advice =
    typeof data?.advice === 'string'
      ? data.advice
      : ownCode === 'ABI_INVALID'
        ? 'Correct the value and try again. Nothing was sent.'
        : 'Try again. If it happens again, reload the page: keys and state are kept.';
  const fields = typeof data?.fields === 'object' && data.fields !== null ? data.fields : {};
  return { code: ownCode, message: text, advice, fields: fields as Readonly<Record<string, unknown>> };
}
