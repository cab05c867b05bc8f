/** The words that OpenSSH knows in ssh_config(5), in lower case: any other is a mistake, as it is for ssh. */

/** Of OpenSSH 10.5, with those of the past, which ssh still accepts and passes over. */
const OPENSSH = `
addkeystoagent addressfamily afstokenpassing batchmode bindaddress bindinterface canonicaldomains
canonicalizefallbacklocal canonicalizehostname canonicalizemaxdots canonicalizepermittedcnames casignaturealgorithms
certificatefile challengeresponseauthentication channeltimeout checkhostip cipher ciphers clearallforwardings
compression compressionlevel connectionattempts connecttimeout controlmaster controlpath controlpersist
dsaauthentication dynamicforward enableescapecommandline enablesshkeysign escapechar exitonforwardfailure fallbacktorsh
fingerprinthash forkafterauthentication forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports
globalknownhostsfile globalknownhostsfile2 gssapiauthentication gssapidelegatecredentials hashknownhosts host
hostbasedacceptedalgorithms hostbasedauthentication hostbasedkeytypes hostkeyalgorithms hostkeyalias hostname
identitiesonly identityagent identityfile identityfile2 ignoreunknown include ipqos kbdinteractiveauthentication
kbdinteractivedevices keepalive kerberosauthentication kerberostgtpassing kexalgorithms knownhostscommand localcommand
localforward loglevel logverbose macs match nohostauthenticationforlocalhost numberofpasswordprompts
obscurekeystroketiming passwordauthentication permitlocalcommand permitremoteopen pkcs11provider port
preferredauthentications protocol proxycommand proxyjump proxyusefdpass pubkeyacceptedalgorithms pubkeyacceptedkeytypes
pubkeyauthentication refuseconnection rekeylimit remotecommand remoteforward requesttty requiredrsasize revokedhostkeys
rhostsauthentication rhostsrsaauthentication rsaauthentication securitykeyprovider sendenv serveralivecountmax
serveraliveinterval sessiontype setenv skeyauthentication smartcarddevice stdinnull streamlocalbindmask
streamlocalbindunlink stricthostkeychecking syslogfacility tag tcpkeepalive tisauthentication tunnel tunneldevice
updatehostkeys useprivilegedport user userknownhostsfile userknownhostsfile2 useroaming usersh verifyhostkeydns
versionaddendum visualhostkey warnweakcrypto xauthlocation
`

/** Which systems add to it: Debian and Red Hat on Linux, whose files in /etc/ssh use some; and Apple. */
const OF_SYSTEMS: Readonly<Record<string, string>> = {
  linux: `gssapiclientidentity gssapikexalgorithms gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity
gssapitrustdns protocolkeepalives rsaminsize setuptimeout`,
  darwin: "gssapikeyexchange gssapitrustdns usekeychain"
}

const KNOWN = new Set(`${OPENSSH} ${OF_SYSTEMS[process.platform] ?? ""}`.trim().split(/\s+/))

/** Whether ssh knows a keyword, which is in lower case. */
export const isKeyword = (keyword: string): boolean => KNOWN.has(keyword)
