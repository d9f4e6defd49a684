import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { misspelledIn, misspelledInEnvironment } from '../../src/config/misspelled-names.ts'
import { settingNames } from '../../src/config/schema.ts'

/** Variables that programs set for the processes they start. */
const FOREIGN = {
  'a login on Debian': `COLORTERM COLUMNS DBUS_SESSION_BUS_ADDRESS DISPLAY EDITOR HISTFILE HISTSIZE HOME HOSTNAME HOSTTYPE INFOPATH
    LANG LANGUAGE LC_ALL LC_CTYPE LESSCLOSE LESSOPEN LINES LOGNAME LS_COLORS MACHTYPE MAIL MANPATH OLDPWD OSTYPE PAGER PATH PWD SHELL
    SHLVL SSH_AGENT_PID SSH_AUTH_SOCK SSH_CLIENT SSH_CONNECTION SSH_TTY SUDO_COMMAND SUDO_GID SUDO_UID SUDO_USER TERM TMPDIR TZ USER
    USERNAME VISUAL XAUTHORITY XDG_CONFIG_HOME XDG_DATA_DIRS XDG_RUNTIME_DIR XDG_SESSION_ID XDG_STATE_HOME _`,
  proxies:
    'http_proxy https_proxy no_proxy all_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY FTP_PROXY TRUSTED_PROXIES',
  systemd: `CACHE_DIRECTORY CONFIGURATION_DIRECTORY CREDENTIALS_DIRECTORY EXIT_CODE EXIT_STATUS INVOCATION_ID JOURNAL_STREAM LISTEN_FDS
    LISTEN_FDNAMES LISTEN_PID LOGS_DIRECTORY MAINPID MANAGERPID MEMORY_PRESSURE_WATCH NOTIFY_SOCKET PIDFILE RUNTIME_DIRECTORY
    SERVICE_RESULT STATE_DIRECTORY SYSTEMD_EXEC_PID SYSTEMD_LOG_LEVEL WATCHDOG_PID WATCHDOG_USEC`,
  'Node.js and npm': `COLOR FORCE_COLOR INIT_CWD NODE NODE_DEBUG NODE_EXTRA_CA_CERTS NODE_NO_WARNINGS NODE_OPTIONS NODE_PATH
    NODE_TLS_REJECT_UNAUTHORIZED NODE_VERSION NODENV_ROOT NO_COLOR NVM_BIN NVM_DIR NVM_INC UV_THREADPOOL_SIZE VOLTA_HOME YARN_VERSION
    npm_command npm_config_cache npm_config_global_prefix npm_config_init_module npm_config_local_prefix npm_config_loglevel
    npm_config_node_gyp npm_config_noproxy npm_config_npm_version npm_config_prefix npm_config_user_agent npm_config_userconfig
    npm_execpath npm_lifecycle_event npm_lifecycle_script npm_node_execpath npm_package_json npm_package_name npm_package_version`,
  Docker: `BUILDKIT_PROGRESS COMPOSE_FILE COMPOSE_PROFILES COMPOSE_PROJECT_NAME DOCKER_BUILDKIT DOCKER_CERT_PATH DOCKER_CONFIG
    DOCKER_CONTEXT DOCKER_HOST DOCKER_TLS_VERIFY container DEBIAN_FRONTEND GPG_KEY`,
  Kubernetes: `KUBECONFIG KUBERNETES_PORT KUBERNETES_PORT_443_TCP KUBERNETES_PORT_443_TCP_ADDR KUBERNETES_PORT_443_TCP_PORT
    KUBERNETES_PORT_443_TCP_PROTO KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_SERVICE_PORT_HTTPS HOST_IP NODE_IP
    NODE_NAME POD_IP POD_NAME POD_NAMESPACE POD_UID`,
  'services in a Kubernetes namespace': [
    'RECEIVER',
    'WEBHOOK',
    'BOT',
    'LOG',
    'LOGS',
    'APP',
    'DATABASE',
    'REPLIES',
    'PROXY',
    'HOST',
  ]
    .flatMap((name) =>
      ['PORT', 'SERVICE_HOST', 'SERVICE_PORT', 'PORT_80_TCP', 'PORT_80_TCP_ADDR'].map((end) => `${name}_${end}`),
    )
    .join(' '),
  'GitHub Actions': `CI GITHUB_ACTION GITHUB_ACTIONS GITHUB_ACTOR GITHUB_API_URL GITHUB_BASE_REF GITHUB_ENV GITHUB_EVENT_NAME
    GITHUB_EVENT_PATH GITHUB_HEAD_REF GITHUB_JOB GITHUB_OUTPUT GITHUB_PATH GITHUB_REF GITHUB_REPOSITORY GITHUB_RUN_ID GITHUB_SERVER_URL
    GITHUB_SHA GITHUB_STEP_SUMMARY GITHUB_TOKEN GITHUB_WORKFLOW GITHUB_WORKSPACE RUNNER_ARCH RUNNER_DEBUG RUNNER_NAME RUNNER_OS
    RUNNER_TEMP RUNNER_TOOL_CACHE`,
  'other programs': `APP_ID APP_KEY APP_NAME APP_URL APP_DEBUG APP_VERSION AWS_REGION BIND_HOST DATABASE_HOST DATABASE_NAME
    DATABASE_PASSWORD DATABASE_PORT DATABASE_USER DATABASE_URL_UNPOOLED DB_HOST DB_PORT DB_URL DYNO LOG_FILE LOG_FORMAT LOG_PATH
    LOG_TARGET MAIL_HOST MYSQL_HOST MYSQL_ROOT_PASSWORD PGHOST PGPORT PORTS HOSTS HTTP_PORT WEB_PORT PM2_HOME POSTGRES_PASSWORD
    POSTGRES_URL REDIS_URL SHADOW_DATABASE_URL SECRET_KEY SENTRY_DSN SERVER_PORT WEBHOOK_TOKEN WEBHOOK_URL WEBHOOK_PORT
    WEBSITE_HOSTNAME`,
}

describe('in the environment', () => {
  test.for(Object.entries(FOREIGN))('the variables of %s get no warning', ([, names]) => {
    expect(misspelledInEnvironment(names.split(/\s+/))).toEqual([])
  })

  test.for([
    ['WEBHOOK_SECERT', 'WEBHOOK_SECRET'],
    ['WEBHOOKSECRET', 'WEBHOOK_SECRET'],
    ['webhook_secret', 'WEBHOOK_SECRET'],
    ['WEBHOOK_SECRETFILE', 'WEBHOOK_SECRET_FILE'],
    ['WEBHOOK_SECRET_PREVIUOS', 'WEBHOOK_SECRET_PREVIOUS'],
    ['WEBHOOK_PATHS', 'WEBHOOK_PATH'],
    ['LOGDIR', 'LOG_DIR'],
    ['LOG_LEVL', 'LOG_LEVEL'],
    ['LOG_KEEPDAYS', 'LOG_KEEP_DAYS'],
    ['NODE_EVN', 'NODE_ENV'],
    ['APPENV', 'APP_ENV'],
    ['BODY_LIMIT_BYTE', 'BODY_LIMIT_BYTES'],
    ['TRUST_PROXYS', 'TRUST_PROXY'],
    ['DEDUP_TTL_SECOND', 'DEDUPE_TTL_SECONDS'],
    ['REPLIES_FIEL', 'REPLIES_FILE'],
    ['BOT_PROJECT', 'BOT_PROJECTS'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['port', 'PORT'],
  ])('%s gets a warning', ([name = '', meant = '']) => {
    expect(misspelledInEnvironment(['PATH', name])).toEqual([
      `${name} in the environment is not a known setting and was ignored. Did you mean ${meant}?`,
    ])
  })

  test('one mistake in a name of seven or more characters always gets a warning', () => {
    const long = settingNames.filter((name) => name.length >= 7)
    const mistake = fc.record({ at: fc.nat(), letter: fc.constantFrom(...'AEXS_-'), kind: fc.nat(3) })
    fc.assert(
      fc.property(fc.constantFrom(...long), mistake, (name, { at, letter, kind }) => {
        const index = at % (name.length - 1)
        const [before, rest] = [name.slice(0, index), name.slice(index)]
        const mistyped =
          [
            before + rest.slice(1),
            before + letter + rest,
            before + letter + rest.slice(1),
            before + rest.slice(1, 2) + rest.slice(0, 1) + rest.slice(2),
          ][kind] ?? ''
        fc.pre(!(settingNames as readonly string[]).includes(mistyped) && mistyped.length >= 6)
        expect(misspelledInEnvironment([mistyped])).toHaveLength(1)
      }),
    )
  })

  test('a name gets no warning if its setting is there as well', () => {
    expect(misspelledInEnvironment(['DATABASE_URI', 'DATABASE_URL', 'LOGLEVEL'])).toEqual([
      expect.stringMatching(/^LOGLEVEL .* LOG_LEVEL\?$/),
    ])
  })

  test('settings get no warning', () => {
    expect(misspelledInEnvironment(settingNames)).toEqual([])
    for (const name of settingNames) expect(misspelledInEnvironment([name])).toEqual([])
  })
})

test('in .env, where nobody else writes, less similar names count', () => {
  expect(misspelledIn('.env', ['PORTS', 'LOG_PATH', 'OTHER', 'PORT'])).toEqual([
    'PORTS in .env is not a known setting and was ignored. Did you mean PORT?',
  ])
})
