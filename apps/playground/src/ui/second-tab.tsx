/** Shown while another tab of this browser is the participant. */
export function SecondTab() {
  return (
    <main class="centered" data-testid="second-tab">
      <h1>Already open in another tab</h1>
      <p>
        One tab of this browser is the participant: it holds the connection, the keys and the private state. Go on
        there, or close it and this tab takes over by itself.
      </p>
    </main>
  );
}
