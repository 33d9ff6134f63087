import { Card } from './bits.tsx';

/** Shown in place of everything while this browser belongs to no network. */
export function Welcome() {
  return (
    <div class="centered" data-testid="welcome">
      <Card title="This page can be a party of a private network">
        <p>
          It makes its own keys, checks every block by itself, and executes private contracts in this tab. To join, it
          needs an invitation of the network's operator.
        </p>
        <ol class="how">
          <li>
            On your own machine <code>npm start</code> runs a network of four validators and prints an address that
            invites.
          </li>
          <li>
            An operator makes one for you with <code>isoquorum invite</code>. It works once, for one browser.
          </li>
          <li>Open that address here. The invitation is in the part behind #, which is never sent to a web server.</li>
        </ol>
      </Card>
    </div>
  );
}
