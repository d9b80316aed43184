// For the repository of the environments, as a multibranch pipeline: what a pull request changes, what is applied after a
// merge, what goes at night. Agents have git and pleach.
//
// Credentials: `environments`, a user who may push here, and `tsig`, the key for the zones. Shell lines stand in single
// quotes, so that Groovy puts no name of a branch into them.
pipeline {
    agent any
    options {
        disableConcurrentBuilds()
    }
    triggers {
        cron(env.BRANCH_NAME == 'main' ? 'H 3 * * *' : '')
    }
    parameters {
        // Jenkins does not see that a branch is deleted. A webhook of the forge may start this job with its name (Generic
        // Webhook Trigger); what no webhook told goes at night.
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
                    pleach check --base "$base"
                '''
            }
        }
        stage('remove') {
            when {
                branch 'main'
                expression { params.REMOVE != '' }
            }
            steps {
                withCredentials([gitUsernamePassword(credentialsId: 'environments')]) {
                    sh 'sh ci/publish.sh "$REMOVE is no more" pleach branch remove -- "$REMOVE"'
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
                    sh 'sh ci/publish.sh "branches whose last day is over" pleach branch expire --as-of "$(date +%F)"'
                    sh '''
                        mirror=$(mktemp -d)
                        git clone -q --bare --filter=tree:0 "$APPLICATION" "$mirror"
                        sh ci/publish.sh "branches as the application has them" \
                            pleach branch sync --from git --repo "$mirror"
                    '''
                }
            }
        }
        stage('dns') {
            when { branch 'main' }
            steps {
                withCredentials([string(credentialsId: 'tsig', variable: 'PLEACH_TSIG')]) {
                    sh 'pleach dns apply out/dns --rev "$(git rev-list --count --first-parent HEAD)"'
                }
            }
        }
    }
}
