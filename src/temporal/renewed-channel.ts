import { Channel, connectivityState, type ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';
import { deadlineIn } from './deadline.js';

/** How long one attempt to connect may take. */
const connectMs = 8_000;

type Made = InstanceType<typeof Channel>;

/**
 * A gRPC channel whose attempts to connect have a limit. The library has none: where a network takes a connection and
 * then swallows what is sent on it, the channel connects for ever, and every call on it fails by its own deadline. So a
 * channel that has been connecting for too long is closed, and another one takes its place. Calls that were begun on it
 * fail by their deadlines.
 */
export class RenewedChannel implements Pick<Made, keyof Made> {
  private current: Made;
  private closed = false;

  constructor(
    private readonly target: string,
    private readonly credentials: ChannelCredentials,
    private readonly options: ChannelOptions,
  ) {
    this.current = this.make();
  }

  close(): void {
    this.closed = true;
    this.current.close();
  }

  getTarget(): string {
    return this.current.getTarget();
  }

  getConnectivityState(tryToConnect: boolean): connectivityState {
    return this.current.getConnectivityState(tryToConnect);
  }

  watchConnectivityState(...parameters: Parameters<Made['watchConnectivityState']>): void {
    this.current.watchConnectivityState(...parameters);
  }

  getChannelzRef(): ReturnType<Made['getChannelzRef']> {
    return this.current.getChannelzRef();
  }

  createCall(...parameters: Parameters<Made['createCall']>): ReturnType<Made['createCall']> {
    return this.current.createCall(...parameters);
  }

  /** Channels of one target share their connections unless they are told not to. */
  private make(): Made {
    const made = new Channel(this.target, this.credentials, { ...this.options, 'grpc.use_local_subchannel_pool': 1 });
    this.watch(made);
    return made;
  }

  private watch(made: Made): void {
    if (this.closed) return;
    const state = made.getConnectivityState(false);
    const until = state === connectivityState.CONNECTING ? deadlineIn(connectMs) : Infinity;
    made.watchConnectivityState(state, until, (late) => {
      if (this.closed) return;
      if (late === undefined) return this.watch(made);
      this.current = this.make();
      made.close();
    });
  }
}
