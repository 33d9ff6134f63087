import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { type ContractAbi, encodeDeployment, parseContractAbi } from '../../abi/contract-abi.ts';
import { abiError } from '../../abi/abi-type.ts';
import { COMPILER, READY_MADE, type ReadyMade } from '../../contracts/ready-made.ts';
import type { Audience } from '../../state/audience.ts';
import type { ContractBook } from '../../state/contract-book.ts';
import type { Session } from '../../state/session.ts';
import { Card } from '../bits.tsx';
import { ArgumentFields, textsToInputs } from './argument-fields.tsx';
import { AudiencePicker } from './audience-picker.tsx';
import { SendProgress, useSending } from './send.tsx';

interface Pasted {
  readonly name: string;
  readonly abi: string;
  readonly bytecode: string;
}

/** What would be deployed: a ready-made contract, or what was pasted. @throws ABI_INVALID */
function chosenContract(readyMade: ReadyMade | undefined, pasted: Pasted) {
  if (readyMade !== undefined) return { name: readyMade.title, abiJson: readyMade.abi, bytecode: readyMade.bytecode };
  let abiJson: unknown;
  try {
    abiJson = JSON.parse(pasted.abi);
  } catch {
    throw abiError('The ABI is not JSON.', 'ABI');
  }
  // Compilers' whole output is accepted too: { abi, bytecode }.
  const inner = (abiJson as { abi?: unknown } | null)?.abi;
  return {
    name: pasted.name.trim() || 'Pasted contract',
    abiJson: Array.isArray(abiJson) ? abiJson : (inner ?? abiJson),
    bytecode: pasted.bytecode,
  };
}

function readAbi(readyMade: ReadyMade | undefined, pasted: Pasted): ContractAbi | undefined {
  try {
    return parseContractAbi(chosenContract(readyMade, pasted).abiJson);
  } catch {
    return undefined;
  }
}

/** Deploys a ready-made or pasted contract, privately unless told otherwise. */
export function DeployForm(props: { session: Session; book: ContractBook; onDeployed: (address: string) => void }) {
  const { session, book } = props;
  const kinds = useId();
  const kind = useSignal('storage');
  const pasted = useSignal<Pasted>({ name: '', abi: '', bytecode: '' });
  const values = useSignal<readonly string[]>(READY_MADE[0]?.suggestions ?? []);
  const audience = useSignal<Audience>({ kind: 'private', parties: [] });
  const sending = useSending(session);
  const readyMade = READY_MADE.find((contract) => contract.id === kind.value);
  const abi = readAbi(readyMade, pasted.value);

  const submit = async (): Promise<void> => {
    let name = '';
    let abiJson: unknown;
    const receipt = await sending.send(() => {
      const contract = chosenContract(readyMade, pasted.value);
      ({ name, abiJson } = contract);
      const parsed = parseContractAbi(contract.abiJson);
      return {
        data: encodeDeployment(parsed, contract.bytecode, textsToInputs(parsed.constructorInputs, values.value)),
      };
    }, audience.value);
    if (receipt?.contractAddress == null || receipt.status !== '0x1') return;
    book.note(receipt.contractAddress, { name, abiJson });
    props.onDeployed(receipt.contractAddress);
  };

  return (
    <Card title="Deploy a contract" testId="deploy-form">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit().catch(() => undefined);
        }}
      >
        <fieldset class="kinds">
          <legend>Which contract</legend>
          {[...READY_MADE, undefined].map((contract) => {
            const id = contract?.id ?? 'paste';
            return (
              <label class="choice" key={id}>
                <input
                  type="radio"
                  name={kinds}
                  data-testid={`ready-${id}`}
                  checked={kind.value === id}
                  onChange={() => {
                    kind.value = id;
                    values.value = contract?.suggestions ?? [];
                  }}
                />
                <span>
                  <strong>{contract?.title ?? 'Paste your own'}</strong>
                  <small>{contract?.summary ?? 'Any ABI and bytecode that a compiler gave you.'}</small>
                </span>
              </label>
            );
          })}
        </fieldset>
        {readyMade === undefined ? (
          <PasteFields
            pasted={pasted.value}
            onChange={(change) => {
              pasted.value = { ...pasted.value, ...change };
            }}
          />
        ) : (
          <details class="source">
            <summary data-testid="show-source">Solidity source, ABI and bytecode</summary>
            <pre tabIndex={0} data-testid="source">
              <code>{readyMade.source}</code>
            </pre>
            <p class="note">{COMPILER}</p>
            <pre tabIndex={0} class="wrap">
              <code>{JSON.stringify(readyMade.abi)}</code>
            </pre>
            <pre tabIndex={0} class="wrap">
              <code>{readyMade.bytecode}</code>
            </pre>
          </details>
        )}
        {abi === undefined ? undefined : (
          <ArgumentFields inputs={abi.constructorInputs} values={values} session={session} />
        )}
        <AudiencePicker session={session} audience={audience} />
        <button type="submit" class="button" data-testid="deploy" disabled={sending.busy.value}>
          {sending.busy.value
            ? 'Deploying…'
            : audience.value.kind === 'private'
              ? 'Deploy privately'
              : 'Deploy for everyone'}
        </button>
      </form>
      <SendProgress session={session} sending={sending} />
    </Card>
  );
}

function PasteFields(props: { pasted: Pasted; onChange: (change: Partial<Pasted>) => void }) {
  const { pasted, onChange } = props;
  return (
    <>
      <label class="field">
        <span>Name</span>
        <input
          type="text"
          data-testid="paste-name"
          value={pasted.name}
          onInput={(event) => onChange({ name: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>ABI (JSON)</span>
        <textarea
          rows={4}
          spellcheck={false}
          data-testid="paste-abi"
          value={pasted.abi}
          onInput={(event) => onChange({ abi: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>Bytecode</span>
        <textarea
          rows={3}
          spellcheck={false}
          data-testid="paste-bytecode"
          value={pasted.bytecode}
          onInput={(event) => onChange({ bytecode: event.currentTarget.value })}
        />
      </label>
    </>
  );
}
