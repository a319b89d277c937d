/** Bytes that are not a command. Inside a committed entry this means corruption or a newer node. */
export class CommandFormatError extends Error {
  override readonly name = 'CommandFormatError';
}
