import type { RequestContext } from "./index.js";

/** Serves an emulator over HTTP/1.1 on a loopback address, with TLS if asked to. */
export function serve(emulator: Servable, options?: ServeOptions): Promise<Server>;

/** An emulator, or anything else with such a fetch. A rejection resets the connection. */
export interface Servable {
  fetch(request: Request, context?: RequestContext): Promise<Response>;
  origin?: string | undefined;
}

export interface ServeOptions {
  /** Default: 0, any free port. */
  port?: number;
  /** Default: `"127.0.0.1"`. */
  host?: string;
  /** Allow a host that other machines can reach. Everyone there can then make keys and tokens. Default: false. */
  exposeToNetwork?: boolean;
  /** Serve over TLS. The names in the certificate do not matter to the emulator: every endpoint has its path, whatever the host. */
  tls?: TlsOptions;
}

export interface TlsOptions {
  /** PEM of the private key. */
  key: string;
  /** PEM of the certificate, and of what lies between it and a root. */
  cert: string;
  /** Ask clients for a certificate, and tell the emulator of it; none is refused. Default: false. */
  requestClientCertificate?: boolean;
}

export interface Server {
  /** Without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Stops listening and closes idle sockets; requests under way get half a second. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
