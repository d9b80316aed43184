// The multibranch pipeline of the repository of the environments: checks pull requests, builds and applies DNS changes after
// a merge, and removes expired and deleted branches every night. Agents need git and pleach.
//
// Credentials: `environments` is a user with permission to push to this repository. `tsig` is the key for the zones. Shell
// commands are in single quotes, so that Groovy does not insert branch names, which can contain shell syntax.
pipeline {
    agent any
    options {
        disableConcurrentBuilds()
    }
    triggers {
        cron(env.BRANCH_NAME == 'main' ? 'H 3 * * *' : '')
    }
    parameters {
        // Jenkins does not notice that a branch was deleted. A webhook of the Git host can start this job with the branch
        // name (Generic Webhook Trigger). Without a webhook, the nightly run removes the branch.
        string(name: 'REMOVE', defaultValue: '', description: 'A branch of the application that was deleted')
    }
    environment {
        APPLICATION = 'https://git.example.com/shop/shop.git'
    }
    stages {
        stage('check') {
            when { changeRequest() }
            steps {
                sh 'git fetch -q origin "+refs/heads/$CHANGE_TARGET:refs/remotes/origin/target"'
                sh '''
                    base=$(git merge-base HEAD origin/target)
                    pleach diff --base "$base" --format markdown --output diff.md || [ $? -eq 1 ]
                '''
                archiveArtifacts 'diff.md'
                sh '''
                    base=$(git merge-base HEAD origin/target)
                    pleach check --base "$base" --format text,junit=check.xml
                '''
            }
            post {
                always {
                    junit testResults: 'check.xml', allowEmptyResults: true
                }
            }
        }
        stage('remove') {
            when {
                branch 'main'
                expression { params.REMOVE != '' }
            }
            steps {
                withCredentials([gitUsernamePassword(credentialsId: 'environments')]) {
                    sh 'sh ci/publish.sh "remove $REMOVE" pleach branch remove -- "$REMOVE"'
                }
            }
        }
        stage('night') {
            when {
                branch 'main'
                triggeredBy 'TimerTrigger'
            }
            steps {
                withCredentials([gitUsernamePassword(credentialsId: 'environments')]) {
                    sh '''
                        mirror=$(mktemp -d)
                        git clone -q --bare --filter=tree:0 "$APPLICATION" "$mirror"
                        sh ci/publish.sh "remove expired branches" \
                            pleach branch expire --as-of "$(date +%F)" --from git --repo "$mirror"
                        sh ci/publish.sh "sync branches with the application" \
                            pleach branch sync --from git --repo "$mirror"
                    '''
                }
            }
        }
        // Two pull requests can both pass `check` and merge without a conflict, and the output is still not up to date.
        stage('build') {
            when { branch 'main' }
            steps {
                withCredentials([gitUsernamePassword(credentialsId: 'environments')]) {
                    sh 'sh ci/publish.sh "build after a merge" pleach build'
                }
            }
        }
        stage('dns') {
            when { branch 'main' }
            steps {
                withCredentials([string(credentialsId: 'tsig', variable: 'PLEACH_TSIG')]) {
                    sh 'pleach dns apply out/dns --rev git'
                }
            }
        }
    }
}
