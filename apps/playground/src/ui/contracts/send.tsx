import type { OperationView, ProblemView } from '@isoquorum/participant/participant-view';
import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Audience, audienceArguments } from '../../state/audience.ts';
import { operationSteps } from '../../state/operation-model.ts';
import { toProblem } from '../../state/problem.ts';
import type { Session } from '../../state/session.ts';
import { Code } from '../bits.tsx';
import { Problem } from '../status-line.tsx';

/** A send under way from one form: which operation it is, and what stopped it before it began. */
export interface Sending {
  readonly busy: Signal<boolean>;
  readonly operationId: Signal<string | undefined>;
  readonly problem: Signal<ProblemView | undefined>;
  readonly isPrivate: Signal<boolean>;
  /** Sends and waits for the receipt; gives the receipt, or undefined after a failure that is shown. */
  send(build: () => { to?: string; data: string }, audience: Audience): Promise<SentReceipt | undefined>;
}

export interface SentReceipt {
  readonly transactionHash: string;
  readonly contractAddress: string | null;
  readonly status: string;
}

/** Sends transactions of one form through the provider, as any dapp would. */
export function useSending(session: Session): Sending {
  const busy = useSignal(false);
  const operationId = useSignal<string | undefined>(undefined);
  const problem = useSignal<ProblemView | undefined>(undefined);
  const isPrivate = useSignal(true);
  const send: Sending['send'] = async (build, audience) => {
    if (busy.value) return undefined;
    busy.value = true;
    problem.value = undefined;
    operationId.value = undefined;
    isPrivate.value = audience.kind === 'private';
    try {
      const { to, data } = build();
      const party = session.part.party.value;
      const id = crypto.randomUUID();
      operationId.value = id;
      const transaction = {
        from: party?.accounts[0]?.address,
        ...(to === undefined ? {} : { to }),
        data,
        ...audienceArguments(audience, party?.enclaveKey),
      };
      const hash = await session.api.request({ method: 'eth_sendTransaction', params: [transaction] }, id);
      return (await session.api.request({ method: 'isoquorum_waitForReceipt', params: [hash] }, id)) as SentReceipt;
    } catch (error) {
      problem.value = toProblem(error);
      return undefined;
    } finally {
      busy.value = false;
    }
  };
  return { busy, operationId, problem, isPrivate, send };
}

/** The steps of a send as they happen, and what became of it. */
export function SendProgress(props: { session: Session; sending: Sending }) {
  const { session, sending } = props;
  const operation = session.part.operations.value.find((candidate) => candidate.id === sending.operationId.value);
  const reached = useSignal<OperationView['step']>('preparing');
  useEffect(() => {
    if (operation !== undefined && operation.step !== 'failed') reached.value = operation.step;
  }, [operation?.step]);
  const problem = sending.problem.value ?? operation?.problem;
  return (
    <div class="progress" data-testid="operation" data-step={operation?.step ?? (problem ? 'failed' : 'none')}>
      <div role="status" aria-live="polite">
        {operation === undefined ? undefined : (
          <>
            <ol class="steps">
              {operationSteps(operation, sending.isPrivate.value, reached.value).map((step) => (
                <li key={step.key} class={`step step-${step.state}`} data-step={step.key} data-state={step.state}>
                  {step.text}
                </li>
              ))}
            </ol>
            <p class="progress-text" data-testid="operation-text">
              {operation.text}
            </p>
          </>
        )}
      </div>
      {operation?.transactionHash === undefined ? undefined : (
        <p>
          <Code value={operation.transactionHash} label="transaction hash" testId="operation-hash" />
        </p>
      )}
      {problem === undefined ? undefined : <Problem problem={problem} testId="operation-problem" />}
    </div>
  );
}
