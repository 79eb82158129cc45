import type { Connector } from './connector.js';
import { Handshake } from './handshake.js';
import { Journey } from './journey.js';
import type { Options } from './options.js';
import { Patient } from './patient.js';
import { skipped, STEPS, type Finding, type Result, type Step } from './report.js';
import { Routes } from './routes.js';
import { hider } from './secrets.js';
import { Talk } from './talk.js';
import { Fault, time } from './text.js';

/** The steps, in their order; the first that fails ends them. The Java program does the same. */
export class Examination {
  readonly results: Result[] = [];
  private readonly patient: Patient;
  private readonly interrupted: Promise<never>;
  /** Ends the step that is under way, and with it all. */
  interrupt: () => void = () => {};

  constructor(
    private readonly options: Options,
    connector: Connector,
    private readonly listener: (result: Result) => void,
  ) {
    this.patient = new Patient(options, connector);
    this.interrupted = new Promise<never>((_, fail) => {
      this.interrupt = () => fail(this.stopped());
    });
    // Nobody may be waiting when it comes.
    this.interrupted.catch(() => {});
  }

  async run(): Promise<Result[]> {
    const { patient } = this;
    const [journey, routes, talk] = [new Journey(patient), new Routes(patient), new Talk(patient)];
    const handshake = new Handshake(patient, routes);
    const hide = hider(this.options.token, this.options.address.query);
    const works: Record<Step, () => Promise<Finding>> = {
      dns: () => journey.dns(),
      tcp: () => journey.tcp(),
      tls: () => journey.tls(),
      discovery: () => routes.discovery(),
      preflight: () => routes.preflight(),
      token: () => routes.token(),
      user: () => routes.user(),
      http2: () => handshake.http2(),
      upgrade: () => handshake.upgrade(),
      welcome: () => talk.welcome(),
      echo: () => talk.echo(),
      heartbeat: () => talk.heartbeat(),
      watch: () => talk.watch(),
      drain: () => talk.drain(),
      close: () => talk.close(),
    };
    let cause: string | undefined;
    for (const step of Object.keys(STEPS) as Step[]) {
      const start = performance.now();
      patient.until = start + this.options.timeoutMs;
      let finding: Finding;
      try {
        finding = cause ? skipped(`${cause} has failed`) : await Promise.race([this.interrupted, works[step]()]);
      } catch (why) {
        if (!(why instanceof Fault)) throw why;
        cause = step;
        const { code, detail } = why.and(this.beside(step));
        finding = { status: 'failed', code, detail, facts: patient.attempt ? { attempt: patient.attempt } : {} };
      }
      const took = step === 'watch' ? patient.heldMs : Math.trunc(performance.now() - start);
      const ms = finding.status === 'skipped' ? 0 : took;
      const facts = Object.fromEntries(Object.entries(finding.facts).map(([name, value]) => [name, hide(value)]));
      const result = { step, ...finding, detail: hide(finding.detail), facts, ms };
      this.results.push(result);
      this.listener(result);
    }
    patient.line?.close();
    return this.results;
  }

  private stopped(): Fault {
    const { openedAt } = this.patient;
    const seen = openedAt ? `the connection was open for ${time(performance.now() - openedAt)}` : 'while it was under way';
    return new Fault('interrupted', seen);
  }

  /** What this machine's environment has to do with a step that fails. */
  private beside(step: Step): string {
    const variable = this.options.proxyVariable;
    return variable !== null && (step === 'dns' || step === 'tcp')
      ? `${variable} names a proxy here, and the doctor does not use it`
      : '';
  }

  /** Whose server it is, as far as anything has told yet. */
  get server(): string {
    const discovery = this.results.find(({ step }) => step === 'discovery')?.status;
    if (this.patient.drawbridge) return 'drawbridge';
    return discovery === 'ok' || discovery === 'warning' ? 'foreign' : 'unknown';
  }
}
