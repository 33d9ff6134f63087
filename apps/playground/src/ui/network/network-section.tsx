import { ageText, groupDigits, shorten } from '../../state/format.ts';
import { markModel } from '../../state/mark.ts';
import type { Session } from '../../state/session.ts';
import { Badge, Card, Code, Empty, Fact } from '../bits.tsx';
import { nowMs } from '../clock.ts';
import { BlockStrip } from './block-strip.tsx';
import { ValidatorTable } from './validator-table.tsx';

/** The network as this page has checked it: head, blocks, validators, and what it refused. */
export function NetworkSection(props: { session: Session }) {
  return (
    <div class="grid">
      <div class="column">
        <HeadCard session={props.session} />
        <ValidatorTable session={props.session} />
      </div>
      <div class="column">
        <BlockStrip session={props.session} />
        <RefusalsCard session={props.session} />
      </div>
    </div>
  );
}

function HeadCard(props: { session: Session }) {
  const { head: headPart, phase, network: networkPart, privateHead: privatePart } = props.session.part;
  const head = headPart.value;
  const network = networkPart.value;
  const privateHead = privatePart.value;
  const mark = markModel(head, phase.value);
  return (
    <Card title="Head" class="head-card" testId="head-card" aside={<Badge tone={mark.tone}>{mark.label}</Badge>}>
      <p class="head-number">
        <span class="hash-sign">#</span>
        {groupDigits(head.number)}
        {head.timestamp > 0 ? <small>{ageText(nowMs.value / 1000 - head.timestamp)}</small> : undefined}
      </p>
      <p class="reason" data-testid="head-reason">
        {mark.reason}
      </p>
      <dl class="facts">
        <Fact term="Block hash">
          <Code value={head.hash} label="block hash" testId="head-hash" />
        </Fact>
        {network === undefined ? undefined : (
          <Fact term="Genesis" hint="Hashed here and equal to the one in the invitation">
            <Code value={network.genesisHash} label="genesis hash" testId="genesis-hash" />
          </Fact>
        )}
        {privateHead === undefined ? undefined : (
          <Fact term="My private state" hint={privateHead.detail}>
            <span data-testid="private-head" data-number={privateHead.number} data-state={privateHead.state}>
              {privateHead.state === 'following' ? 'at' : privateHead.state} #{groupDigits(privateHead.number)}
            </span>{' '}
            <Code value={privateHead.root} label="private state root" testId="private-root" />
          </Fact>
        )}
      </dl>
      {network?.quorumWarning === undefined ? undefined : (
        <p class="warning" role="note" data-testid="quorum-warning">
          {network.quorumWarning}
        </p>
      )}
    </Card>
  );
}

function RefusalsCard(props: { session: Session }) {
  const refusals = props.session.part.refusals.value;
  return (
    <Card title="Refused here" testId="refusals">
      {refusals.length === 0 ? (
        <Empty>Nothing was refused: every header and body that arrived held up.</Empty>
      ) : (
        <ul class="plain">
          {refusals.map((refusal) => (
            <li key={`${refusal.hash}${refusal.at}`} data-testid="refusal" data-code={refusal.code}>
              <Badge tone="bad">#{refusal.number}</Badge> {refusal.reason}{' '}
              <small>
                {shorten(refusal.hash)} from {shorten(refusal.peer)}, {ageText((nowMs.value - refusal.at) / 1000)}
              </small>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
