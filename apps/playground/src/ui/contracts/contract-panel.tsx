import type { ContractView } from '@isoquorum/participant/participant-view';
import { useSignal } from '@preact/signals';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { abiOutputToText, decodeAbiValues } from '../../abi/abi-decode.ts';
import { type AbiFunction, encodeCall } from '../../abi/contract-abi.ts';
import type { Audience } from '../../state/audience.ts';
import type { ContractBook } from '../../state/contract-book.ts';
import { shorten } from '../../state/format.ts';
import { toProblem } from '../../state/problem.ts';
import type { Session } from '../../state/session.ts';
import type { ProblemView } from '@isoquorum/participant/participant-view';
import { Badge, Card, Code, Fact } from '../bits.tsx';
import { Problem } from '../status-line.tsx';
import { ArgumentFields, textsToInputs } from './argument-fields.tsx';
import { AudiencePicker } from './audience-picker.tsx';
import { SendProgress, useSending } from './send.tsx';

/** One contract: what it is, its functions to call and to send to. */
export function ContractPanel(props: { contract: ContractView; session: Session; book: ContractBook }) {
  const { contract, session, book } = props;
  const known = book.find(contract.address, contract.codeHash);
  const ownKey = session.part.party.value?.enclaveKey;
  const nameOf = (key: string): string =>
    key === ownKey
      ? 'this page'
      : (session.part.directory.value.find((entry) => entry.enclaveKey === key)?.name ?? shorten(key));
  return (
    <Card
      title={known?.name ?? 'Unknown code'}
      testId="contract-panel"
      aside={<Badge tone={contract.private ? 'private' : 'public'}>{contract.private ? 'private' : 'public'}</Badge>}
    >
      <dl class="facts">
        <Fact term="Address">
          <Code value={contract.address} label="contract address" testId="contract-address" full />
        </Fact>
        <Fact term="Created">
          in block {contract.blockNumber} by {shorten(contract.creator)}
        </Fact>
        {contract.private ? (
          <Fact term="Parties" hint="As far as the sealed payload names them to this page.">
            <span data-testid="contract-parties">{contract.parties.map(nameOf).join(', ') || 'this page'}</span>
          </Fact>
        ) : undefined}
      </dl>
      {known === undefined ? (
        <AttachAbi contract={contract} book={book} />
      ) : (
        <div class="functions">
          {known.abi.functions
            .toSorted((left, right) => Number(right.readOnly) - Number(left.readOnly))
            .map((fn) =>
              fn.readOnly ? (
                <ReadFunction key={fn.signature} fn={fn} contract={contract} session={session} />
              ) : (
                <WriteFunction key={fn.signature} fn={fn} contract={contract} session={session} nameOf={nameOf} />
              ),
            )}
        </div>
      )}
    </Card>
  );
}

function ReadFunction(props: { fn: AbiFunction; contract: ContractView; session: Session }) {
  const { fn, contract, session } = props;
  const values = useSignal<readonly string[]>([]);
  const result = useSignal<string | undefined>(undefined);
  const problem = useSignal<ProblemView | undefined>(undefined);
  const busy = useSignal(false);
  const call = async (): Promise<void> => {
    busy.value = true;
    problem.value = undefined;
    result.value = undefined;
    try {
      const data = encodeCall(fn, textsToInputs(fn.inputs, values.value));
      const from = session.part.party.value?.accounts[0]?.address;
      const params = [{ ...(from === undefined ? {} : { from }), to: contract.address, data }, 'latest'];
      const returned = await session.api.request({ method: 'eth_call', params });
      const outputs = decodeAbiValues(fn.outputs, hexToBytes(String(returned), 'result'));
      result.value = outputs.map(abiOutputToText).join(', ') || 'nothing';
    } catch (error) {
      problem.value = toProblem(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <form
      class={fn.inputs.length === 0 ? 'function function-quick' : 'function'}
      data-testid="function"
      data-name={fn.name}
      onSubmit={(event) => {
        event.preventDefault();
        call().catch(() => undefined);
      }}
    >
      <div class="function-head">
        <code>{fn.signature}</code>
        <small>read, executed in this page</small>
      </div>
      <ArgumentFields inputs={fn.inputs} values={values} session={session} />
      <div class="function-act">
        <button type="submit" class="button quiet" data-testid="call" disabled={busy.value}>
          {busy.value ? 'Reading…' : 'Read'}
        </button>
        <output data-testid="call-result" aria-live="polite">
          {result.value}
        </output>
      </div>
      {problem.value === undefined ? undefined : <Problem problem={problem.value} testId="call-problem" />}
    </form>
  );
}

function WriteFunction(props: {
  fn: AbiFunction;
  contract: ContractView;
  session: Session;
  nameOf: (key: string) => string;
}) {
  const { fn, contract, session } = props;
  const ownKey = session.part.party.value?.enclaveKey;
  const values = useSignal<readonly string[]>([]);
  const audience = useSignal<Audience>(
    contract.private
      ? { kind: 'private', parties: contract.parties.filter((key) => key !== ownKey) }
      : { kind: 'public' },
  );
  const sending = useSending(session);
  const submit = async (): Promise<void> => {
    await sending.send(
      () => ({ to: contract.address, data: encodeCall(fn, textsToInputs(fn.inputs, values.value)) }),
      audience.value,
    );
  };
  return (
    <form
      class="function"
      data-testid="function"
      data-name={fn.name}
      onSubmit={(event) => {
        event.preventDefault();
        submit().catch(() => undefined);
      }}
    >
      <div class="function-head">
        <code>{fn.signature}</code>
        <small>write, needs a transaction</small>
      </div>
      <ArgumentFields inputs={fn.inputs} values={values} session={session} />
      <details class="who">
        <summary data-testid="change-audience">
          {audience.value.kind === 'private'
            ? `Private: ${['this page', ...audience.value.parties.map(props.nameOf)].join(', ')}`
            : 'Public: for everyone'}
        </summary>
        <AudiencePicker session={session} audience={audience} />
      </details>
      <div class="function-act">
        <button type="submit" class="button" data-testid="send" disabled={sending.busy.value}>
          {sending.busy.value ? 'Sending…' : audience.value.kind === 'private' ? 'Send privately' : 'Send publicly'}
        </button>
      </div>
      <SendProgress session={session} sending={sending} />
    </form>
  );
}

function AttachAbi(props: { contract: ContractView; book: ContractBook }) {
  const name = useSignal('');
  const abi = useSignal('');
  const problem = useSignal<ProblemView | undefined>(undefined);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        try {
          props.book.note(props.contract.address, {
            name: name.value.trim() || 'My contract',
            abiJson: JSON.parse(abi.value) as unknown,
          });
        } catch (error) {
          problem.value = toProblem(error);
        }
      }}
    >
      <p class="note">
        This page runs the contract, but does not know the names of its functions. Paste its ABI to talk to it.
      </p>
      <label class="field">
        <span>Name</span>
        <input
          type="text"
          data-testid="attach-name"
          value={name.value}
          onInput={(event) => {
            name.value = event.currentTarget.value;
          }}
        />
      </label>
      <label class="field">
        <span>ABI (JSON)</span>
        <textarea
          rows={4}
          data-testid="attach-abi"
          value={abi.value}
          onInput={(event) => {
            abi.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="submit" class="button" data-testid="attach">
        Use this ABI
      </button>
      {problem.value === undefined ? undefined : <Problem problem={problem.value} />}
    </form>
  );
}
