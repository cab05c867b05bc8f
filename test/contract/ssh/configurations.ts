/**
 * Configurations of ssh as people have them. With each, sesh gets to a host over OpenSSH if and only if `ssh host`
 * does; over ssh2 too, but where docs/ssh.md says that it cannot.
 */

/** A configuration, and what is to be known of it. Words in capitals behind `@` are replaced by the lab's. */
export interface Configuration {
  /** Lines of the host's block, before the ones that lead there. */
  readonly host?: string
  /** Lines before all blocks. */
  readonly before?: string
  /** Arguments that `ssh` itself needs to run `true` with this configuration. */
  readonly ssh?: ReadonlyArray<string>
  /** The command for it: `true`, unless given. */
  readonly command?: ReadonlyArray<string>
  /** It must not work, over either. */
  readonly fails?: true
  /** Whether it works over ssh2, where that differs. */
  readonly ssh2?: boolean
}

export const configurations: Readonly<Record<string, Configuration>> = {
  "nothing special": {},
  "a jump host": { host: "ProxyJump hop" },
  "two jump hosts": { host: "ProxyJump hop,@USER@hop2:@PORT" },
  "a jump host that refuses": { host: "ProxyJump nowhere", fails: true },
  "a proxy": { host: "ProxyCommand ssh -F @CONFIG -W %h:%p hop", ssh2: false },
  "a proxy that fails": { host: "ProxyCommand false", fails: true },
  "no proxy, for a host that others have one for": { host: "ProxyCommand none" },
  "an included file": { before: "Include @DIR/included", host: "Port 1" },
  "an included pattern, and one that is nowhere": { before: "Include @DIR/inc*ed /nowhere/*\n", host: "Port 1" },
  "Match host": { before: "Match host target\n  Port @PORT", host: "Port 1" },
  "Match originalhost and user": {
    before: "Match originalhost target user @USER\n  Port @PORT",
    host: "Port 1\n  User @USER"
  },
  "Match with a command that succeeds": {
    before: "Match host target exec true\n  Port @PORT",
    host: "Port 1",
    ssh2: false
  },
  "Match with a command that fails": { before: "Match exec false\n  Port 1", ssh2: false },
  "Match with a command that makes no difference": { before: "Match exec false\n  Compression yes" },
  "Match final": { before: "Match final host 127.0.0.1\n  Compression yes" },
  "patterns, and what they leave out": { before: "Host !target *\n  Port 1\nHost tar?et\n  Port @PORT" },
  "a host name made of the one typed": { before: "Host target\n  HostName 127.0.0.%p\n", fails: true },
  "two keys, the second one fits": { host: "IdentityFile @DIR/wrong\n  IdentityFile @KEY" },
  "a key by a token": { host: "IdentityFile @DIR/key-%p-%n" },
  "a key of an agent": { host: "IdentityAgent @AGENT\n  IdentitiesOnly no\n  IdentityFile @DIR/wrong" },
  "a certificate": { host: "IdentityFile @DIR/member\n  CertificateFile @DIR/member-cert.pub", ssh2: true },
  "HostKeyAlias": { host: "HostKeyAlias aliased\n  StrictHostKeyChecking yes" },
  "HostKeyAlias without a key on record": { host: "HostKeyAlias unknown\n  StrictHostKeyChecking yes", fails: true },
  "several UserKnownHostsFile": { host: "UserKnownHostsFile /nowhere @KNOWN\n  StrictHostKeyChecking yes" },
  "an unknown key, strictly": { host: "UserKnownHostsFile /nowhere\n  StrictHostKeyChecking yes", fails: true },
  "an unknown key, which is to be asked about": {
    host: "UserKnownHostsFile /nowhere\n  StrictHostKeyChecking ask",
    fails: true
  },
  "an unknown key, which does not matter": { host: "UserKnownHostsFile /dev/null\n  StrictHostKeyChecking no" },
  "KnownHostsCommand": { host: "KnownHostsCommand /bin/cat @KNOWN\n  UserKnownHostsFile none", ssh2: false },
  "RevokedHostKeys": { host: "RevokedHostKeys /dev/null", ssh2: false },
  "HashKnownHosts": { host: "HashKnownHosts yes" },
  "CheckHostIP": { host: "CheckHostIP yes" },
  "UpdateHostKeys": { host: "UpdateHostKeys yes" },
  "VisualHostKey": { host: "VisualHostKey yes" },
  "CanonicalizeHostname": { host: "CanonicalizeHostname yes\n  CanonicalDomains invalid", ssh2: false },
  "the user's own ControlMaster": { host: "ControlMaster auto\n  ControlPath @DIR/own-%C\n  ControlPersist no" },
  "a ControlPath without a master": { host: "ControlPath @DIR/none-%C" },
  "RemoteCommand": { host: "RemoteCommand true", command: [] },
  "RequestTTY": { host: "RequestTTY force" },
  "SessionType none": { host: "SessionType none", ssh: ["-oSessionType=default"] },
  "SessionType subsystem": { host: "SessionType subsystem", ssh: ["-oSessionType=default"] },
  "StdinNull and ForkAfterAuthentication": { host: "StdinNull yes\n  ForkAfterAuthentication yes" },
  "LocalForward of a port in use": { host: "LocalForward 127.0.0.1:@PORT 127.0.0.1:1" },
  "forwards of all kinds, and failing ones are fatal": {
    host: "RemoteForward 0 127.0.0.1:1\n  DynamicForward @FREE\n  ExitOnForwardFailure yes"
  },
  "LocalCommand": { host: "PermitLocalCommand yes\n  LocalCommand echo local >&2" },
  "SendEnv and SetEnv": { host: "SendEnv LC_* LANG\n  SetEnv LC_OWN=\"a b\"" },
  "Ciphers, MACs and kex": {
    host: "Ciphers aes256-ctr\n  MACs hmac-sha2-256\n  KexAlgorithms curve25519-sha256\n  HostKeyAlgorithms ssh-ed25519"
  },
  "Ciphers, MACs and kex, more or fewer": {
    host: "Ciphers +aes128-ctr\n  MACs -hmac-sha1\n  KexAlgorithms ^ecdh-sha2-nistp256"
  },
  "a cipher that the host does not have": { host: "Ciphers 3des-cbc", fails: true },
  "PreferredAuthentications": { host: "PreferredAuthentications publickey,password" },
  "only passwords": { host: "PreferredAuthentications password", fails: true },
  "no keys": { host: "PubkeyAuthentication no", fails: true },
  "no passwords": { host: "PasswordAuthentication no\n  KbdInteractiveAuthentication no\n  NumberOfPasswordPrompts 1" },
  "GSSAPI": { host: "GSSAPIAuthentication yes\n  GSSAPIDelegateCredentials no" },
  "AddressFamily": { host: "AddressFamily inet" },
  "an AddressFamily that the host does not have": { host: "AddressFamily inet6", fails: true },
  "BindAddress": { host: "BindAddress 127.0.0.1" },
  "Compression and RekeyLimit": { host: "Compression yes\n  RekeyLimit 1M 1h" },
  "ForwardAgent": { host: "ForwardAgent @AGENT" },
  "ForwardX11": { host: "ForwardX11 yes\n  ForwardX11Trusted yes\n  XAuthLocation /nowhere" },
  "LogLevel QUIET": { host: "LogLevel QUIET" },
  "LogLevel DEBUG3 and LogVerbose": { host: "LogLevel DEBUG3\n  LogVerbose *:*:*" },
  "EscapeChar": { host: "EscapeChar none\n  EnableEscapeCommandline yes" },
  "keepalives": { host: "ServerAliveInterval 0\n  ServerAliveCountMax 0\n  TCPKeepAlive no\n  IPQoS none" },
  "patience": { host: "ConnectTimeout 1m\n  ConnectionAttempts 3\n  BatchMode yes" },
  "sockets": { host: "StreamLocalBindUnlink yes\n  StreamLocalBindMask 0777" },
  "words that are to be ignored": { before: "IgnoreUnknown UseKeychain,X-*", host: "UseKeychain yes\n  X-Own 1" },
  "a word that nobody knows": { host: "UseKeychain yes", fails: true, ssh2: true },
  "values in quotes": { host: "HostName \"127.0.0.1\"\n  IdentityFile \"@KEY\"\n  UserKnownHostsFile \"@KNOWN\"" },
  "values behind =": { host: "HostName=127.0.0.1\n  Compression = yes\n  ServerAliveInterval=\"5\"" },
  "another user": { host: "User no-such-user-at-all", fails: true },
  "another port": { host: "Port 1", fails: true },
  "another host": { host: "HostName no-such-host.invalid", fails: true }
}
